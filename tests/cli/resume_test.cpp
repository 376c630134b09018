// Runs that are stopped and gone on with, and runs that are held to conditions.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/sample_files.h"
#include "lora/core/task.h"
#include "lora/loss/loss.h"
#include "lora/nn/activation.h"
#include "lora/nn/lora_init.h"
#include "lora/optim/optimizer.h"
#include "lora/optim/schedule.h"
#include "support/catch.h"
#include "support/run_program.h"

using namespace lora;
using namespace lora::test;

namespace fs = std::filesystem;

namespace {

const std::string kDemo = "--in 8 --out 2 --rank 2 --samples 64 --epochs 10 --seed 7 ";
const std::string kBatches = kDemo + "--batch-size 10 --shuffle ";

std::string adapter_in(const TemporaryDirectory& directory, const std::string& name) {
  return read_file(directory.path() / name / "adapter_model.safetensors");
}

fs::path newest(const TemporaryDirectory& directory, const std::string& extension) {
  fs::path file;
  for (const auto& entry : fs::directory_iterator(directory.path() / "ck")) {
    if (entry.path().extension() == extension) file = std::max(file, entry.path());
  }
  return file;
}

/// Rows with targets of the kind that a task needs.
std::string data_for(Task task) {
  switch (task) {
    case Task::classification:
      return "--data classes.csv --target label ";
    case Task::multilabel:
      return "--data tags.csv --target y1,y2 ";
    case Task::retrieval:
      return "--data good.csv --pairs queries.csv ";
    default:  // two targets: the cosine of one number has no slope
      return "--data good.csv --target x2,y ";
  }
}

}  // namespace

TEST_CASE("a run that is killed again and again ends with the bytes of one that is not",
          "[cli][resume]") {
  const TemporaryDirectory directory;
  const std::string options =
      "--in 64 --out 16 --samples 500 --epochs 300 --batch-size 50 --shuffle ";
  run(directory, options + "--save whole");
  const std::string resume =
      options + "--checkpoint ck --checkpoint-every 25 --resume --save again";
  // Until it is really gone: a run that is still ending holds the directory.
  const std::string killed = "cd '" + directory.path().string() +
                             "' || exit 9; " LORA_BINARY_DIR "/lora-train " + resume +
                             " >/dev/null 2>&1 & pid=$!; sleep 0.12; kill -KILL $pid; wait $pid";
  for (int time = 0; time < 4; ++time) static_cast<void>(std::system(killed.c_str()));
  const ProgramResult rest = run(directory, resume + " --threads 1");
  CHECK(rest.err.find("resume    ") != std::string::npos);
  CHECK(adapter_in(directory, "again") == adapter_in(directory, "whole"));
}

TEST_CASE("every recipe goes on from a checkpoint to the same bytes", "[cli][resume]") {
  const std::string demo = "--in 6 --out 4 --samples 5 ";
  std::vector<std::string> recipes;
  for (const char* recipe : {"--bias all", "--rslora --rank-pattern linear=3",
                             "--optimizer sgd --momentum 0.9 --nesterov",
                             "--weight-decay 0.1 --decay-bias --bias all --lr-b-ratio 4",
                             "--accumulate 2", "--clip-norm 0.01", "--dropout 0.3", "--dora",
                             "--dora --dropout 0.2 --rslora --bias all"}) {
    recipes.push_back(demo + recipe);
  }
  for (const OptimizerKind& kind : optimizer_kinds()) {
    recipes.push_back(demo + "--optimizer " + std::string(kind.name));
  }
  for (const ScheduleKind& kind : schedule_kinds()) {
    recipes.push_back(demo + "--schedule " + std::string(kind.name) +
                      (kind.uses.warmup_steps ? " --warmup-ratio 0.2" : "") +
                      (kind.uses.patience ? " --patience 1" : ""));
  }
  for (const LoraInit& init : lora_inits()) {
    recipes.push_back(demo + "--init " + std::string(init.name));
  }
  for (const LossKind& kind : loss_kinds()) {
    recipes.push_back(data_for(kind.task) + "--loss " + std::string(kind.name));
  }
  recipes.push_back("--data good.csv --target y --early-stop 3 --val-split 0.25");
  const std::string stack = "--data good.csv --target y --base stack.safetensors --activation ";
  for (const ActivationKind& kind : activation_kinds()) {
    recipes.push_back(stack + std::string(kind.name));
  }
  recipes.push_back(stack + "relu --targets 2 --dora --rslora --bias all");
  recipes.push_back(stack + "tanh --rank-pattern 0=1 --dropout 0.4 --accumulate 3 --clip-norm 0.1");
  recipes.push_back("--data good.csv --target y --gram on --eval-every 3 --val good.csv");
  recipes.push_back("--data good.csv --target y --shuffle-block 3");
  recipes.push_back(demo + "--dora --rslora --alpha 3 --accumulate 3 --optimizer lion");
  recipes.push_back(
      "--data good.csv --target y --val good.csv --accumulate 3 --eval-every 2 "
      "--schedule reduce_lr_on_plateau --patience 1 --factor 0.5");

  for (const std::string& recipe : recipes) {
    CAPTURE(recipe);
    const TemporaryDirectory directory;
    write_sample_files(directory);
    // The last checkpoint but one is in the middle of an epoch.
    const bool by_sums = recipe.find("--gram on") != std::string::npos;
    const std::string options = std::string(by_sums ? "--batch-size 0 " : "--batch-size 2 ") +
                                "--shuffle --rank 2 --epochs 9 --lr 0.003 "
                                "--checkpoint ck --checkpoint-every 5 " +
                                recipe;
    run(directory, options + " --save whole");
    for (const char* extension : {".json", ".safetensors"})
      fs::remove(newest(directory, extension));
    run(directory, options + " --save again --resume");
    CHECK(adapter_in(directory, "whole") == adapter_in(directory, "again"));
  }
}

TEST_CASE("SIGTERM leaves a checkpoint from which the same command goes on", "[cli][resume]") {
  const TemporaryDirectory directory;
  const std::string command =
      "--in 64 --out 16 --samples 2000 --epochs 20000 --batch-size 50 "
      "--checkpoint ck --checkpoint-every 100000 ";
  const std::string shell = "cd '" + directory.path().string() +
                            "' || exit 9; " LORA_BINARY_DIR "/lora-train " + command +
                            ">out 2>err & pid=$!; until grep -q Epoch out; do sleep 0.05; done; "
                            "kill -TERM $pid; wait $pid";
  const int status = std::system(shell.c_str());
  REQUIRE(WEXITSTATUS(status) == 130);
  CHECK(read_file(directory.path() / "err").find("--resume") != std::string::npos);
  CHECK(fs::exists(newest(directory, ".json")));
}

TEST_CASE("the newest whole checkpoint is used, and a damaged one is passed over aloud",
          "[cli][resume]") {
  const TemporaryDirectory directory;
  run(directory, kDemo + "--save whole");
  run(directory, kDemo + "--checkpoint ck --save again");
  fs::remove_all(directory.path() / "again");
  const fs::path file = newest(directory, ".safetensors");
  fs::resize_file(file, fs::file_size(file) / 2);
  const ProgramResult result = run(directory, kDemo + "--checkpoint ck --save again --resume");
  CHECK(result.err.find("damaged") != std::string::npos);
  CHECK(result.err.find("step 9") != std::string::npos);
  CHECK(adapter_in(directory, "again") == adapter_in(directory, "whole"));
}

TEST_CASE("a run with nothing to go on from starts at the beginning and says so", "[cli][resume]") {
  const TemporaryDirectory directory;
  const std::string out = run(directory, kDemo).out;
  const ProgramResult absent = run(directory, kDemo + "--checkpoint ck --resume");
  CHECK(absent.out == out);
  CHECK(absent.err.find("beginning") != std::string::npos);
  fs::remove_all(directory.path() / "ck");
  fs::create_directory(directory.path() / "ck");
  directory.write("ck/step-000000000001.safetensors", "unfinished");
  CHECK(run(directory, kDemo + "--checkpoint ck --resume").out == out);
}

TEST_CASE("a checkpoint of another run is refused, naming what differs", "[cli][resume]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const std::string data = "--data good.csv --target y --epochs 2 --checkpoint ck ";
  run(directory, data);
  check_refused(directory, data, 2, {"ck", "--resume", "--overwrite"});
  check_refused(directory, data + "--resume --lr 0.5", 2, {"--lr", "0.01", "0.5"});
  run(directory, data + "--resume --threads 1 --verbose --require 'loss<1e9'");
  directory.write("good.csv", "x1,x2,y\n1,2,3\n2,1,0\n0,1,2\n3,3,1.25\n");
  check_refused(directory, data + "--resume", 3, {"--data", "changed"});
  run(directory, data + "--resume --allow-changed");
  fs::resize_file(newest(directory, ".json"), 10);
  fs::resize_file(newest(directory, ".safetensors"), 10);
  for (const auto& entry : fs::directory_iterator(directory.path() / "ck")) {
    fs::resize_file(entry.path(), 10);
  }
  check_refused(directory, data + "--resume --allow-changed", 3, {"ck", "no checkpoint is whole"});
  run(directory, data + "--overwrite");
}

TEST_CASE("a directory that another run writes to is refused", "[cli][resume]") {
  const TemporaryDirectory directory;
  const std::string shell =
      "cd '" + directory.path().string() +
      "' || exit 9; " LORA_BINARY_DIR
      "/lora-train --epochs 100000000 --save out >lines 2>&1 & pid=$!; "
      "until grep -q Epoch lines; do sleep 0.05; done; " LORA_BINARY_DIR
      "/lora-train --epochs 2 --save out >/dev/null 2>err; echo $? >code; kill $pid; wait $pid";
  static_cast<void>(std::system(shell.c_str()));
  CHECK(read_file(directory.path() / "code") == "6\n");
  CHECK(read_file(directory.path() / "err").find("another run") != std::string::npos);
}

TEST_CASE("--require decides the exit code", "[cli][require]") {
  const TemporaryDirectory directory;
  run(directory, kDemo + "--require 'loss<1e9' --require 'loss >= 0'");
  check_refused(directory, kDemo + "--require 'loss<0'", 5, {"loss<0", "does not hold", "loss is"});
  check_refused(directory, kDemo + "--require 'val_loss<1'", 2, {"val_loss", "loss"});
  check_refused(directory, kDemo + "--require 'loss=1'", 2, {"--require", "'loss=1'"});
  check_refused(directory, kDemo + "--require 'loss<x'", 2, {"--require", "'x'"});
  directory.write("run.toml", "require = [\"loss<1e9\", \"loss<0\"]\n");
  check_refused(directory, kDemo + "--config run.toml", 5, {"loss<0"});
}

TEST_CASE("--log-every says the loss of steps", "[cli][log]") {
  const TemporaryDirectory directory;
  const ProgramResult text = run(directory, kBatches + "--log-every 30");
  CHECK(text.err.find("step      60 of epoch 9: loss ") != std::string::npos);
  std::istringstream lines(run(directory, kBatches + "--log-every 30 --json").out);
  int steps = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto event = nlohmann::json::parse(line);
    if (event["event"] == "step") {
      ++steps;
      CHECK(event["step"] == 30 * steps);
      CHECK(event["loss"].is_number());
    }
  }
  CHECK(steps == 2);
}

TEST_CASE("a run that learned nothing says so", "[cli][guard]") {
  const TemporaryDirectory directory;
  check_refused(directory, "--epochs 2 --lr 1e-30", 4, {"nothing was learned"});
  directory.write("zeros.csv", "x1,x2,y\n0,0,1\n0,0,2\n");
  check_refused(directory, "--data zeros.csv --target y --epochs 2", 4, {"no gradient"});
  CHECK(run(directory, "--epochs 3 --lr 30").err.find("above") != std::string::npos);
}
