// What lora-train refuses: its exit code, the words of its one sentence, and that no file changes.
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

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
    {"--data names.csv --target y", 3, {"names.csv:2:1", "'id'", "'r1'", "--keep-columns"}},
    {"--data words.csv --target label --task regression", 3, {"words.csv:2", "'cat'"}},
    {"--data classes.csv --target label,x1 --task classification", 3, {"classes.csv", "2"}},
    {kTrain + "--val absent.csv", 3, {"absent.csv"}},
    {kTrain + "--val classes.csv", 3, {"classes.csv", "'y'"}},
    {"--data one.csv --target y --val-split 0.5", 3, {"1 rows", "at least one"}},
    {kClasses + "--val newclass.csv", 3, {"newclass.csv:2", "label 7"}},

    // tables
    {"--data comma.csv --target y", 3, {"comma.csv:2:", "'1,5'", "decimal"}},
    {"--data semicolon.csv --target y", 3, {"semicolon.csv:2:", "'x1'", "'1,5'", "decimal"}},
    {"--data thousands.csv --target y", 3, {"thousands.csv:2:", "'1,234.5'"}},
    {"--data text.csv --target y", 3, {"text.csv:3:1", "'x1'", "'n/a?'"}},
    {"--data missing.csv --target y", 3, {"missing.csv:2:3", "'x2'", "'NA'"}},
    {"--data infinite.csv --target y", 3, {"infinite.csv:3:", "'x2'", "'-inf'"}},
    {"--data percent.csv --target y", 3, {"percent.csv:2:", "'5%'"}},
    {"--data long.csv --target y", 3, {"long.csv:2", "4 fields", "3"}},
    {"--data quote.csv --target y", 3, {"quote.csv:2:1", "never closed"}},
    {"--data behind.csv --target y", 3, {"behind.csv:2:", "closing quote"}},
    {"--data blanks.csv --target y", 3, {"blanks.csv", "empty lines"}},
    {"--data utf16.csv --target y", 3, {"utf16.csv", "UTF-16"}},
    {"--data packed.csv --target y", 3, {"packed.csv", "gzip"}},
    {"--data excel.csv --target y", 3, {"excel.csv", "zip archive"}},
    {"--data nul.csv --target y", 3, {"nul.csv:2:", "NUL"}},
    {"--data latin.csv --target kind", 3, {"latin.csv:2:", "'kind'", "UTF-8"}},
    {"--data twins.csv --target x", 3, {"twins.csv", "1 and 2", "'x'"}},
    {"--data good.csv --target 9", 3, {"good.csv", "'9'"}},
    {"--data good.csv --target 0", 3, {"good.csv", "'0'"}},
    {"--data bare.csv --target y", 3, {"bare.csv", "no header", "1 to 3"}},
    {"--data good.csv --target Y", 3, {"good.csv", "'Y'", "'y'"}},
    {kTrain + "--weight-column w", 3, {"good.csv", "'w'"}},
    {kTrain + "--weight-column y", 3, {"good.csv", "'y'", "not a target"}},
    {"--data weights.csv --target y --weight-column w", 3, {"weights.csv:3", "'w'", "-1"}},
    {"--data zeros.csv --target y --weight-column w", 3, {"zeros.csv", "weight 0"}},
    {"--data link.csv --target y", 3, {"link.csv"}},
    {kTrain + "--val pairs.csv", 3, {"pairs.csv", "'y'"}},
    {kTrain + "--val wide.csv", 3, {"wide.csv", "'x2'"}},

    // classes
    {"--data same.csv --target kind", 3, {"same.csv", "'cat'", "two classes"}},
    {"--data ones.csv --target label --task classification", 3, {"ones.csv", "class 1"}},
    {"--data words.csv --target label --base base.safetensors", 3, {"2 classes", "1 outputs"}},
    {"--data fractions.csv --target y --task classification", 3, {"fractions.csv:2", "1.5"}},
    {"--data negative.csv --target y --task classification", 3, {"negative.csv:2", "-1"}},
    {"--data unnamed.csv --target kind", 3, {"unnamed.csv:3", "'kind'", "empty"}},
    {"--data words.csv --target label --val strange.csv", 3, {"strange.csv:2", "'cow'", "'cat'"}},
    {kClasses + "--class-weights blanced", 2, {"'blanced'", "'balanced'"}},
    {kClasses + "--class-weights 1,2", 2, {"--class-weights", "2 weights", "3 classes"}},
    {kClasses + "--class-weights 1,2,x", 2, {"--class-weights", "'x'"}},
    {kClasses + "--class-weights 0,0,0", 2, {"--class-weights", "above 0"}},
    {kClasses + "--class-weights=-1,1,1", 2, {"--class-weights", "'-1'"}},
    {kTrain + "--class-weights balanced", 2, {"--class-weights", "classification"}},

    // arrays
    {"--data empty.npy --target y.npy", 3, {"empty.npy", "is empty"}},
    {"--data text.npy --target y.npy", 3, {"text.npy", "0x93"}},
    {"--data long.npy --target y.npy", 3, {"long.npy", "64 bytes", "5 more"}},
    {"--data huge.npy --target y.npy", 3, {"huge.npy", "bytes of data"}},
    {"--data beyond.npy --target y.npy", 3, {"beyond.npy", "64 bits"}},
    {"--data negative.npy --target y.npy", 3, {"negative.npy", "shape"}},
    {"--data future.npy --target y.npy", 3, {"future.npy", "9.0"}},
    {"--data broken.npy --target y.npy", 3, {"broken.npy"}},
    {"--data objects.npy --target y.npy", 3, {"objects.npy", "objects", "np.save"}},
    {"--data records.npy --target y.npy", 3, {"records.npy", "records", "np.save"}},
    {"--data complex.npy --target y.npy", 3, {"complex.npy", "complex", "np.save"}},
    {"--data strings.npy --target y.npy", 3, {"strings.npy", "text"}},
    {"--data norows.npy --target y.npy", 3, {"norows.npy", "(0, 2)"}},
    {"--data scalar.npy --target y.npy", 3, {"scalar.npy", "()"}},
    {"--data 1e39.npy --target y.npy", 3, {"1e39.npy", "row 1", "column 0", "1e+39", "3.4e38"}},
    {"--data x.npy --target x.npy", 2, {"--target", "x.npy", "features"}},
    {"--data x.npy --target y.npy --weight-column w", 2, {"--weight-column", "x.npy"}},
    {"--data x.npy --target y.npy --val x.npy", 2, {"--val", "--val-target"}},
    {"--data x.npy --target y.npy --val x.npy --val-target short.npy", 3, {"short.npy", "x.npy"}},
    {"--data x.npy --target x.npz", 3, {"x.npz"}},
    {"--data short.npz:x --target y.npy", 3, {"short.npz"}},
    {"--data text.npz --target y.npy", 3, {"text.npz"}},
    {"--data nothing.safetensors:x --target y.npy", 3, {"nothing.safetensors"}},
    {"--data base.safetensors:x --target y.npy", 3, {"base.safetensors", "'x'", "head.weight"}},
    {"--data base.safetensors --target y.npy", 3, {"base.safetensors", "head.bias"}},

    // archives
    {"--data many.npz --target y.npy", 3, {"many.npz", "x", "wide"}},
    {"--data many.npz:X --target y.npy", 3, {"many.npz", "'X'", "'x'"}},
    {"--data many.npz:x --target wide", 3, {"many.npz:x", "'wide'", "many.npz:wide"}},
    {"--data many.npz:x --target many.npz:x", 2, {"many.npz:x", "features"}},
    {"--data many.npz:x --target many.npz:short", 3, {"many.npz:short", "3 rows", "has 4"}},
    {"--data many.npz:objects --target y.npy", 3, {"many.npz:objects", "objects", "np.save"}},
    {"--data many.npz:notes --target y.npy", 3, {"many.npz", "notes"}},
    {"--data damaged.npz --target y.npy", 3, {"damaged.npz", "x.npy"}},
    {"--data cut.npz --target y.npy", 3, {"cut.npz", "incomplete"}},
    {"--data bomb.npz --target y.npy", 3, {"bomb.npz", "x.npy", "1000000000000"}},
    {"--data locked.npz --target y.npy", 3, {"locked.npz", "x.npy", "encrypted"}},

    // weights
    {kTrain + "--base empty.safetensors", 3, {"empty.safetensors", "0 bytes"}},
    {kTrain + "--base terabytes.safetensors", 3, {"terabytes.safetensors", "100000000"}},
    {kTrain + "--base promise.safetensors", 3, {"promise.safetensors", "the file has"}},
    {kTrain + "--base nojson.safetensors", 3, {"nojson.safetensors", "JSON"}},
    {kTrain + "--base hole.safetensors", 3, {"hole.safetensors", "'b'", "hole"}},
    {kTrain + "--base overlap.safetensors", 3, {"overlap.safetensors", "overlap"}},
    {kTrain + "--base shape.safetensors", 3, {"shape.safetensors", "'a'", "takes 8 bytes"}},
    {kTrain + "--base tail.safetensors", 3, {"tail.safetensors", "4 bytes follow"}},
    {kTrain + "--base dtype.safetensors", 3, {"dtype.safetensors", "F7"}},
    {kTrain + "--base cube.npy", 3, {"cube.npy", "(1, 2, 2)", "(out, in)"}},
    {kTrain + "--base base.safetensors --fan-in-fan-out", 3, {"head.bias", "(2,)"}},
    {kTrain + "--base .", 3, {"."}},

    // what adapts and what is adapted
    {"--data good.csv --target y --adapter absent", 3, {"absent", "no such directory"}},
    {"--data good.csv --target y --adapter taken", 3, {"taken", "adapter_config.json"}},
    {kTrain + "--adapter foreign", 2, {"foreign", "--base"}},
    {kTrain + "--base base.safetensors --adapter foreign", 3, {"model.head", "'head'"}},
    {kTrain + "--base base.safetensors --adapter foreign --rank 2", 2, {"--rank", "--adapter"}},
    {kTrain + "--base base.safetensors --adapter foreign --init normal", 2, {"--init"}},
    {kTrain + "--base base.safetensors --adapter strange", 3, {"strange", "IA3"}},

    // the best epoch
    {kTrain + "--early-stop 3", 2, {"--early-stop", "--val"}},
    {kTrain + "--keep-best val_loss", 2, {"--keep-best", "--val"}},
    {kTrain + "--keep-best val_acuracy", 2, {"'val_acuracy'", "'val_accuracy'"}},
    {kTrain + "--val good.csv --keep-best val_accuracy", 2, {"val_accuracy", "regression"}},
    {kTrain + "--val good.csv --keep-best none --early-stop 2", 2, {"--early-stop", "none"}},
    {kTrain + "--eval-every 0", 2, {"--eval-every", "at least 1"}},
    {"--schedule reduce_lr_on_plateau --min-lr 1e-4 --lr-b-ratio 4",
     2,
     {"--min-lr", "--lr-b-ratio", "each group"}},
    {kTrain + "--eval-every 2", 2, {"--eval-every", "--val"}},
    {"--standardize", 2, {"--standardize", "--data"}},
    {"--weight-column w", 2, {"--weight-column", "--data"}},

    // eval, predict, inspect
    {"eval", 2, {"eval", "--data"}},
    {"eval --data good.csv --target y", 2, {"eval", "--base", "--adapter"}},
    {"eval --data good.csv --base base.safetensors", 2, {"eval", "--target"}},
    {"eval --data good.csv --target y --base base.safetensors --rank 3", 2, {"--rank", "train"}},
    {"eval --data weightless.csv --target y --weight-column w --base base.safetensors --quiet",
     3,
     {"weightless.csv", "weight 0"}},
    {"eval --data enormous.csv --target y --base base.safetensors --quiet",
     4,
     {"enormous.csv", "infinite"}},
    {"eval --data classes.csv --target label --base narrow.safetensors",
     3,
     {"2 outputs", "--task classification"}},
    {"eval --data absent.csv --target y --base base.safetensors", 3, {"absent.csv"}},
    {"eval --data wide.csv --target y --base base.safetensors", 3, {"1 features", "takes 2"}},
    {"eval --data classes.csv --target label --base narrow.safetensors --task classification",
     3,
     {"classes.csv:4", "2", "0 to 1"}},
    {"eval --data good.csv --target y --base base.safetensors --class-weights balanced",
     2,
     {"--class-weights"}},
    {"eval --data classes.csv --target label --base narrow.safetensors --loss cross_entropy",
     3,
     {"classes.csv:4", "0 to 1"}},
    {"predict", 2, {"predict", "--data"}},
    {"predict --data good.csv", 2, {"predict", "--base"}},
    {"predict --data good.csv --base base.safetensors", 3, {"3 features", "takes 2"}},
    {"predict --data x.npy --base base.safetensors --output y.txt", 2, {"y.txt", ".csv"}},
    {"predict --data x.npy --base base.safetensors --output y.npy", 2, {"y.npy", "--overwrite"}},
    {"predict --data x.npy --base base.safetensors --output x.npy --overwrite",
     2,
     {"x.npy", "input"}},
    {"predict --data x.npy --base base.safetensors --probabilities", 2, {"--probabilities"}},
    {"predict --data x.npy --base base.safetensors --keep-columns id", 2, {"--keep-columns"}},
    {"predict --data good.csv --target y --base base.safetensors --keep-columns id",
     3,
     {"good.csv", "'id'"}},
    {"predict --data x.npy --base base.safetensors --json", 2, {"--json", "--output"}},
    {"predict --data x.npy --base base.safetensors --output /proc/y.csv", 6, {"/proc/y.csv"}},
    {"predict --epochs 3", 2, {"--epochs", "train"}},
    {kTrain + "--base base.safetensors --targets haed", 2, {"--targets", "'haed'", "'head'"}},
    {kTrain + "--base base.safetensors --rank-pattern haed=2", 2, {"'haed'", "'head'"}},
    {kTrain + "--base base.safetensors --alpha-pattern tail=2", 2, {"'tail'", "head"}},
    {kTrain + "--base base.safetensors --rank-pattern head", 2, {"--rank-pattern", "'head'"}},
    {kTrain + "--base base.safetensors --rank-pattern head=0", 2, {"--rank-pattern", "'0'"}},
    {kTrain + "--base base.safetensors --alpha-pattern '(=2'", 2, {"--alpha-pattern", "'('"}},
    {"merge", 2, {"merge", "--adapter"}},
    {"merge --adapter foreign", 2, {"--output"}},
    {"merge --adapter foreign --output m.safetensors", 2, {"--base"}},
    {"merge --adapter foreign --adapter foreign --adapter-weights 1 --output m",
     2,
     {"1 weights", "2"}},
    {"merge --base base.safetensors --adapter foreign --output m.safetensors",
     3,
     {"model.head", "'head.weight'"}},
    {"merge --base absent.safetensors --adapter foreign --output m.safetensors", 3, {"absent"}},
    {"--momentum 0.9", 2, {"--momentum", "sgd, rmsprop", "adam"}},
    {"--optimizer adagrad --beta1 0.9", 2, {"--beta1", "adam, adamw", "adagrad"}},
    {"--optimizer rmsprop --nesterov", 2, {"--nesterov", "sgd", "rmsprop"}},
    {"--optimizer sgd --eps 0.1", 2, {"--eps", "sgd"}},
    {"--optimizer sgd --nesterov", 2, {"--nesterov", "--momentum"}},
    {"--optimizer adamm", 2, {"adamm", "'adam'"}},
    {"--decay-bias --bias all", 2, {"--decay-bias", "--weight-decay"}},
    {"--decay-bias --weight-decay 0.1", 2, {"--decay-bias", "--bias"}},
    {"--lr-b-ratio 0", 2, {"--lr-b-ratio"}},
    {"--accumulate 0", 2, {"--accumulate"}},
    {"--clip-norm 0", 2, {"--clip-norm"}},
    {"--dropout 1", 2, {"--dropout"}},
    {"--method partial", 2, {"--method", "'partial'"}},
    {"--method full --rank 2", 2, {"--method full", "--rank"}},
    {"--method full --dora", 2, {"--method full", "--dora"}},
    {"--method full --save out2", 2, {"--method full", "--save"}},
    {kTrain + "--adapter foreign --dora", 2, {"--dora", "--adapter"}},
    {"--rank 3 --init orthogonal", 2, {"orthogonal", "even"}},
    {"--rank 11 --init pissa", 2, {"pissa", "11"}},
    {"--schedule cosin", 2, {"--schedule", "'cosine'"}},
    {"--warmup-steps 3", 2, {"--warmup-steps", "linear", "constant"}},
    {"--schedule constant --warmup-ratio 0.1", 2, {"--warmup", "linear"}},
    {"--schedule linear --warmup-steps 3 --warmup-ratio 0.1",
     2,
     {"--warmup-steps", "--warmup-ratio"}},
    {"--schedule linear --warmup-ratio 1.5", 2, {"--warmup-ratio", "1.5"}},
    {"--schedule linear --min-lr 0.001", 2, {"--min-lr", "cosine", "linear"}},
    {"--schedule cosine --min-lr 0.1 --lr 0.01", 2, {"--min-lr", "0.1"}},
    {"--schedule cosine --cycles 2", 2, {"--cycles", "cosine_with_restarts"}},
    {"--schedule cosine --power 2", 2, {"--power", "polynomial"}},
    {"--schedule cosine --decay-steps 2", 2, {"--decay-steps", "warmup_stable_decay"}},
    {"--schedule cosine --patience 2", 2, {"--patience", "reduce_lr_on_plateau"}},
    {"--schedule cosine --factor 0.5", 2, {"--factor", "reduce_lr_on_plateau"}},
    {"--schedule reduce_lr_on_plateau --factor 1", 2, {"--factor"}},
    {"--schedule warmup_stable_decay --epochs 10 --warmup-steps 6 --decay-steps 5",
     2,
     {"--decay-steps", "10 steps"}},
    {"extract", 2, {"--base", "--tuned"}},
    {"extract --base base.safetensors --tuned base.safetensors --output e",
     2,
     {"--rank", "--share"}},
    {"extract --base base.safetensors --tuned base.safetensors --rank 1 --share 0.5 --output e",
     2,
     {"--rank", "--share"}},
    {"extract --base base.safetensors --tuned base.safetensors --rank 1", 2, {"--output"}},
    {"extract --base base.safetensors --tuned base.safetensors --rank 1 --output e --save f",
     2,
     {"--output", "--save"}},
    {"extract --base base.safetensors --tuned base.safetensors --share 1.5 --output e",
     2,
     {"--share", "1.5"}},
    {"extract --base base.safetensors --tuned base.safetensors --rank 1 --output e",
     3,
     {"nothing to extract"}},
    {"extract --base base.safetensors --tuned absent.npy --rank 1 --output e", 3, {"absent.npy"}},
    {"extract --base base.safetensors --tuned x.npy --rank 1 --output e", 3, {"(4, 2)", "(1, 2)"}},
    {"extract --base base.safetensors --tuned good.csv --rank 1 --output e", 3, {"good.csv"}},
    {"plan --data absent.csv --target y", 3, {"absent.csv"}},
    {"plan --rank 0", 2, {"--rank"}},
    {"plan --require 'los<1'", 2, {"--require", "'los'"}},
    {"--require 'val_loss<1'", 2, {"--require", "val_loss"}},
    {kTrain + "--require 'val_accuracy>1' --val-split 0.5 --task regression",
     2,
     {"accuracy", "classification"}},
    {"merge --base base.safetensors --adapter foreign --output m.npy",
     2,
     {"m.npy", ".safetensors"}},
    {"merge --adapter foreign --adapter foreign --adapter-weights 0,0 --output m",
     2,
     {"--adapter-weights", "0,0"}},
    {kTrain + "--adapter foreign --adapter strange", 2, {"--adapter", "merge"}},
    {kTrain + "--resume", 2, {"--resume", "--checkpoint"}},
    {kTrain + "--checkpoint-every 3", 2, {"--checkpoint-every", "--checkpoint"}},
    {kTrain + "--checkpoint ck --resume --overwrite", 2, {"--resume", "--overwrite"}},
    {kTrain + "--require accuracy", 2, {"--require", "'accuracy'"}},
    {kTrain + "--checkpoint /proc/nowhere", 6, {"/proc/nowhere"}},
    {"inspect", 2, {"inspect"}},
    {"inspect absent.csv", 3, {"absent.csv"}},
    {"inspect ragged.csv", 3, {"ragged.csv:3"}},
    {"inspect taken", 3, {"taken", "adapter_config.json"}},
    {"inspect --data good.csv", 2, {"--data", "inspect", "train, eval, predict and plan"}},
    {"inspect --frob", 2, {"--frob"}},
};

/// Nothing, but with --json the end of the command.
void check_out(const ProgramResult& result, const Refusal& refusal) {
  if (refusal.arguments.find("--json") == std::string::npos) {
    CHECK(result.out.empty());
    return;
  }
  const auto end = nlohmann::json::parse(result.out);
  CHECK(end["event"] == "end");
  CHECK(end["exit_code"] == refusal.exit_code);
  CHECK(result.err == "error: " + end["error"].get<std::string>() + "\n");
}

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
    check_out(result, refusal);
    CHECK(result.err.starts_with("error: "));
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
    for (const std::string& word : refusal.words) {
      CAPTURE(word);
      CHECK(result.err.find(word) != std::string::npos);
    }
  }
  CHECK(files_below(directory.path()) == before);
}
