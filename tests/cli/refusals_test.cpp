// What lora-train refuses: its exit code, the words of its one sentence, and that no file changes.
#include <string>
#include <vector>

#include "cli/sample_files.h"
#include "support/catch.h"
#include "support/run_program.h"

using namespace lora::test;

namespace {

struct Refusal {
  std::string arguments;
  int exit_code;
  std::vector<std::string> words;  ///< each stands in stderr
};

const std::string kTrain = "--data good.csv --target y ";
const std::string kClasses = "--data classes.csv --target label --task classification ";
const std::string kArrays = "--data x.npy --target y.npy ";

const std::vector<Refusal> kRefusals = {
    // names of options and commands
    {"--rnak 4", 2, {"--rnak", "--rank"}},
    {"--epoch 4", 2, {"--epoch;", "--epochs"}},
    {"--leaning-rate 1", 2, {"--leaning-rate", "--learning-rate"}},
    {"--zzzzzz", 2, {"--zzzzzz", "--help"}},
    {"-z", 2, {"-z"}},
    {"--batch_size 3", 2, {"--batch_size", "--batch-size"}},
    {"tain --rank 4", 2, {"'tain'", "'train'"}},
    {"frobnicate", 2, {"'frobnicate'", "train"}},
    {"--rank 4 8", 2, {"'8'"}},
    {"train extra", 2, {"'extra'"}},
    {"--adapter dir", 2, {"--adapter"}},

    // values of options
    {"--rank", 2, {"--rank", "needs a value"}},
    {"--rank --lr 1", 2, {"--rank", "needs a value", "--lr"}},
    {"--rank=", 2, {"--rank"}},
    {"--rank 0", 2, {"--rank", "'0'", "at least 1"}},
    {"--rank -3", 2, {"--rank", "'-3'", "at least 1"}},
    {"--rank 4.5", 2, {"--rank", "'4.5'", "whole number"}},
    {"--rank four", 2, {"--rank", "'four'", "whole number"}},
    {"--rank 4x", 2, {"--rank", "'4x'"}},
    {"--rank 99999999999999999999", 2, {"--rank", "99999999999999999999"}},
    {"--rank 4 --rank 5", 2, {"--rank", "2 times", "'4'", "'5'"}},
    {"--r 4 --rank 5", 2, {"2 times"}},
    {"--in 0", 2, {"--in", "at least 1"}},
    {"--out 0", 2, {"--out", "at least 1"}},
    {"--samples 0", 2, {"--samples", "at least 1"}},
    {"--epochs 0", 2, {"--epochs", "at least 1"}},
    {"--max-steps 0", 2, {"--max-steps", "at least 1"}},
    {"--batch-size -1", 2, {"--batch-size", "at least 0"}},
    {"--lr 0", 2, {"--lr", "above 0"}},
    {"--lr -0.1", 2, {"--lr", "'-0.1'", "above 0"}},
    {"--lr nan", 2, {"--lr", "'nan'"}},
    {"--lr inf", 2, {"--lr", "'inf'"}},
    {"--lr 1e999", 2, {"--lr", "'1e999'"}},
    {"--lr 0,01", 2, {"--lr", "'0,01'"}},
    {"--alpha 0", 2, {"--alpha", "above 0"}},
    {"--beta1 1", 2, {"--beta1", "below 1"}},
    {"--beta2 -0.1", 2, {"--beta2", "at least 0"}},
    {"--eps 0", 2, {"--eps", "above 0"}},
    {"--weight-decay -1", 2, {"--weight-decay", "at least 0"}},
    {"--seed x", 2, {"--seed", "'x'", "2^64"}},
    {"--seed 18446744073709551616", 2, {"--seed", "2^64"}},
    {"--threads -1", 2, {"--threads", "from 0"}},
    {"--threads 100000", 2, {"--threads", "4096"}},
    {"--init kaimin", 2, {"--init", "'kaimin'", "'kaiming'"}},
    {"--init xavier", 2, {"'xavier'", "normal, kaiming"}},
    {"--bias every", 2, {"--bias", "'every'", "none, all"}},
    {"--optimizer adma", 2, {"--optimizer", "'adam'"}},
    {"--loss huberr", 2, {"--loss", "'huberr'", "mse, cross_entropy"}},
    {"--shuffle=maybe", 2, {"--shuffle", "maybe"}},
    {kTrain + "--task classify", 2, {"--task", "'classify'", "classification"}},
    {kTrain + "--val-split 0", 2, {"--val-split", "above 0"}},
    {kTrain + "--val-split 1", 2, {"--val-split", "below 1"}},

    // options that do not go together
    {"--data good.csv", 2, {"--data", "--target"}},
    {"--target y", 2, {"--target", "--data"}},
    {"--base base.safetensors", 2, {"--base", "--data"}},
    {"--val good.csv", 2, {"--val", "--data"}},
    {"--task regression", 2, {"--task", "--data"}},
    {"--loss cross_entropy", 2, {"cross_entropy", "classes"}},
    {kTrain + "--in 3", 2, {"--in", "--data"}},
    {kTrain + "--out 3", 2, {"--out", "--data"}},
    {kTrain + "--samples 3", 2, {"--samples", "--data"}},
    {kTrain + "--val good.csv --val-split 0.5", 2, {"--val", "--val-split"}},
    {kTrain + "--val-target y.npy", 2, {"--val-target", "--val"}},
    {kTrain + "--task regression --loss cross_entropy", 2, {"cross_entropy", "regression"}},
    {kClasses + "--loss mse", 2, {"mse", "classification"}},
    {"--quiet --verbose", 2, {"--quiet", "--verbose"}},
    {"--overwrite", 2, {"--overwrite", "--save"}},
    {kTrain + "--base nobias.safetensors --bias all", 2, {"nobias.safetensors", "bias"}},

    // configuration files
    {"--config absent.toml", 2, {"absent.toml", "No such file"}},
    {"--config .", 2, {"--config ."}},
    {"--config typo.toml", 2, {"typo.toml:2:1", "'learnig-rate'", "'learning-rate'"}},
    {"--config value.toml", 2, {"value.toml:1:1", "--rank", "'zero'"}},
    {"--config twice.toml", 2, {"twice.toml:2", "--rank", "second time"}},
    {"--config section.toml", 2, {"section.toml:1", "'adapter'", "top level"}},
    {"--config broken.toml", 2, {"broken.toml:1:", "TOML"}},
    {"--config date.toml", 2, {"date.toml:1:1", "'epochs'"}},

    // outputs
    {"--save taken", 2, {"taken", "--overwrite"}},
    {"--save good.csv", 2, {"good.csv", "directory"}},
    {kTrain + "--base taken/adapter_model.safetensors --save taken --overwrite",
     2,
     {"taken", "input"}},

    {"--save /proc/nowhere", 6, {"/proc/nowhere"}},

    // the base
    {kTrain + "--base absent.safetensors", 3, {"absent.safetensors"}},
    {kTrain + "--base base.safetensors:haed.weight", 3, {"'haed.weight'", "'head.weight'"}},
    {kTrain + "--base two.safetensors", 3, {"two.safetensors", "a.weight", "b.weight"}},
    {kTrain + "--base base.safetensors:head.bias", 3, {"head.bias", "(1,)"}},
    {kTrain + "--base wide.safetensors", 3, {"2 features", "wide.safetensors", "takes 5"}},
    {kTrain + "--base cut.safetensors", 3, {"cut.safetensors"}},
    {kTrain + "--base good.csv", 3, {"good.csv", ".safetensors"}},
    {kTrain + "--base y.npy:y", 3, {"y.npy", "':y'"}},
    {kTrain + "--base infinite.safetensors", 3, {"infinite.safetensors", "head.weight", "inf"}},
    {"--data pairs.csv --target y1,y2 --base base.safetensors", 3, {"2 target", "1 outputs"}},

    // the data
    {"--data absent.csv --target y", 3, {"absent.csv"}},
    {"--data . --target y", 3, {"."}},
    {"--data empty.csv --target y", 3, {"empty.csv"}},
    {"--data header.csv --target y", 3, {"header.csv"}},
    {"--data ragged.csv --target y", 3, {"ragged.csv:3", "2", "3"}},
    {"--data word.csv --target y", 3, {"word.csv:3:", "x2", "'abc'"}},
    {"--data hole.csv --target y", 3, {"hole.csv:2:", "x2", "empty"}},
    {"--data nan.csv --target y", 3, {"nan.csv:2:", "x1"}},
    {"--data huge.csv --target y", 3, {"huge.csv:2:", "1e39"}},
    {"--data good.csv --target z", 3, {"good.csv", "'z'"}},
    {"--data good.csv --target y,y", 3, {"good.csv", "'y'", "twice"}},
    {"--data good.csv --target x1,x2,y", 3, {"good.csv", "no features"}},
    {"--data good.parquet --target y", 3, {"good.parquet", ".csv"}},
    {"--data x.npy --target y", 3, {"x.npy", "'y'", ".npy"}},
    {"--data x.npy --target short.npy", 3, {"short.npy", "3 rows", "4"}},
    {"--data cube.npy --target y.npy", 3, {"cube.npy", "(1, 2, 2)"}},
    {"--data cut.npy --target y.npy", 3, {"cut.npy"}},
    {"--data infinite.npy --target y.npy", 3, {"infinite.npy", "row 3", "column 1"}},
    {kArrays + "--task classification", 3, {"y.npy", "row 0", "0.5"}},
    {kClasses + "--base narrow.safetensors", 3, {"classes.csv:4", "'label'", "2", "0 to 1"}},
    {"--data words.csv --target label --task classification", 3, {"words.csv:2", "'cat'"}},
    {"--data classes.csv --target label,x1 --task classification", 3, {"classes.csv", "2"}},
    {kTrain + "--val absent.csv", 3, {"absent.csv"}},
    {kTrain + "--val classes.csv", 3, {"classes.csv", "'y'"}},
    {"--data one.csv --target y --val-split 0.5", 3, {"1 rows", "at least one"}},
    {kClasses + "--val newclass.csv", 3, {"newclass.csv:2", "label 7"}},
};

}  // namespace

TEST_CASE("lora-train refuses what is wrong, in one sentence, and changes no file",
          "[cli][refusals]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const auto before = files_below(directory.path());

  for (const Refusal& refusal : kRefusals) {
    CAPTURE(refusal.arguments);
    const ProgramResult result = run_lora_train(directory.path(), refusal.arguments);
    CAPTURE(result.err);
    CHECK(result.exit_code == refusal.exit_code);
    CHECK(result.out.empty());
    CHECK(result.err.starts_with("error: "));
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
    for (const std::string& word : refusal.words) {
      CAPTURE(word);
      CHECK(result.err.find(word) != std::string::npos);
    }
  }
  CHECK(files_below(directory.path()) == before);
}
