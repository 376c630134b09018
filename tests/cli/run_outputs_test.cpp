// The files in which a run is shown: --log, --plot, --report, --tensorboard; and compare.
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/sample_files.h"
#include "lora/report/event_records.h"
#include "support/catch.h"
#include "support/run_program.h"

using namespace lora;
using namespace lora::test;

namespace fs = std::filesystem;

namespace {

using Json = nlohmann::json;

const std::string kSmall = "--in 8 --out 2 --rank 2 --samples 64 --seed 7 ";
const std::string kDemo = kSmall + "--epochs 6 ";
const std::string kBatches = kDemo + "--batch-size 16 --shuffle ";
const std::string kTrain = "--data good.csv --target y --val good.csv --epochs 3 ";

std::vector<Json> objects_of(const std::string& text) {
  std::vector<Json> objects;
  for (const std::string& line : lines_of(text)) objects.push_back(Json::parse(line));
  return objects;
}

std::vector<Json> log_in(const TemporaryDirectory& directory, const std::string& name = "log") {
  return objects_of(read_file(directory.path() / name));
}

/// Without what differs from run to run.
Json timeless(Json object) {
  object.erase("seconds");
  return object;
}

/// The events of that name, timeless.
std::vector<Json> events(const std::vector<Json>& objects, const std::string& name) {
  std::vector<Json> found;
  for (const Json& object : objects) {
    if (object.at("event") == name) found.push_back(timeless(object));
  }
  return found;
}

}  // namespace

TEST_CASE("a log has the objects of --json", "[cli][log]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const std::string options = kTrain + "--batch-size 2 --log-every 1 ";
  const ProgramResult with_log = run(directory, options + "--json --log log");
  const std::vector<Json> log = log_in(directory);
  const std::vector<Json> out = objects_of(with_log.out);
  REQUIRE(log.size() == 1 + 6 + 3 + 1);
  REQUIRE(log.size() == out.size());
  for (std::size_t i = 0; i < log.size(); ++i) CHECK(timeless(log[i]) == timeless(out[i]));
  CHECK(log[1].at("event") == "step");
  CHECK(log[3].at("event") == "epoch");
  CHECK(log[3].contains("val_r2"));
  CHECK(log.back().at("exit_code") == 0);
}

TEST_CASE("a log has each step, or with --log-every fewer, beside the usual lines", "[cli][log]") {
  const TemporaryDirectory directory;
  const ProgramResult plain = run(directory, kBatches);
  CHECK(run(directory, kBatches + "--log log").out == plain.out);
  CHECK(events(log_in(directory), "step").size() == 24);
  run(directory, kBatches + "--log fewer --log-every 5");
  CHECK(events(log_in(directory, "fewer"), "step").size() == 4);
}

TEST_CASE("a log that goes on has each step and epoch once", "[cli][log]") {
  const TemporaryDirectory directory;
  run(directory, kBatches + "--log whole");
  const std::vector<Json> whole = log_in(directory, "whole");
  const std::string options = kBatches + "--checkpoint ck --checkpoint-every 5 --log log ";
  run(directory, options);
  const std::string complete = read_file(directory.path() / "log");
  // The last checkpoint is of step 20, in the end of an epoch; the one before is of step 15.
  for (const char* newest : {"20", "15"}) {
    CAPTURE(newest);
    const std::string step = "ck/step-0000000000" + std::string(newest);
    REQUIRE(fs::exists(directory.path() / (step + ".json")));
    directory.write("log", complete.substr(0, complete.size() - 10));
    run(directory, options + "--resume");
    const std::vector<Json> log = log_in(directory);
    CHECK(events(log, "step") == events(whole, "step"));
    CHECK(events(log, "epoch") == events(whole, "epoch"));
    CHECK(events(log, "end").size() == 1);
    REQUIRE(events(log, "start").size() == 2);
    CHECK(events(log, "start")[1].at("resumed_step") == std::stoi(newest));
    for (const char* extension : {".json", ".safetensors"}) {
      fs::remove(directory.path() / (step + extension));
    }
  }
}

TEST_CASE("the log of a run that failed says why", "[cli][log]") {
  const TemporaryDirectory directory;
  const ProgramResult result =
      run_lora_train(directory.path(), kDemo + "--optimizer sgd --lr 1e30 --log log --plot p.svg");
  CHECK(result.exit_code == 4);
  const std::vector<Json> log = log_in(directory);
  CHECK(log.front().at("event") == "start");
  CHECK(log.back().at("exit_code") == 4);
  CHECK(result.err.find(log.back().at("error").get<std::string>()) != std::string::npos);
}

TEST_CASE("the files of an interrupted run say so, of what was done", "[cli][log][report]") {
  const TemporaryDirectory directory;
  const std::string command =
      "--in 64 --out 16 --samples 2000 --epochs 20000 --batch-size 50 --log log "
      "--log-every 40 --checkpoint ck --checkpoint-every 100000 --plot p.svg --report r.html ";
  const std::string shell = "cd '" + directory.path().string() +
                            "' || exit 9; " LORA_BINARY_DIR "/lora-train " + command +
                            ">out 2>err & pid=$!; until grep -q event.:.epoch log; do sleep 0.05; "
                            "done; kill -TERM $pid; wait $pid";
  REQUIRE(WEXITSTATUS(std::system(shell.c_str())) == 130);
  const std::vector<Json> log = log_in(directory);
  CHECK(log.back().at("exit_code") == 130);
  CHECK(log.back().at("error").get<std::string>().find("interrupted") != std::string::npos);
  CHECK(read_file(directory.path() / "p.svg").find("</svg>") != std::string::npos);
  const std::string page = read_file(directory.path() / "r.html");
  for (const std::string part : {"<td>interrupted</td>", "of the last whole epoch", "singular"}) {
    CAPTURE(part);
    CHECK(page.find(part) != std::string::npos);
  }
  const Json compared = Json::parse(run(directory, "compare log --json").out)["runs"][0];
  CHECK(compared.at("epochs") == events(log, "epoch").back().at("epoch"));
  CHECK(compared.at("exit_code") == 130);
}

TEST_CASE("files of a run are not written over by mistake", "[cli][log]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  directory.write("diary", "dear diary\n");
  run(directory, kDemo + "--log log --plot p.svg");
  const auto before = files_below(directory.path());
  for (const std::string option : {"--log log", "--plot p.svg"}) {
    check_refused(directory, kDemo + option, 2, {option, "--overwrite"});
    check_refused(directory, "plan " + kDemo + option, 2, {option, "--overwrite"});
  }
  check_refused(directory, kTrain + "--log good.csv --overwrite", 2, {"good.csv", "input"});
  check_refused(directory, kTrain + "--plot good.csv --overwrite", 2, {"good.csv", "input"});
  check_refused(directory, kDemo + "--log new --plot ./new", 2, {"--log", "--plot", "one file"});
  CHECK(files_below(directory.path()) == before);
  check_refused(directory, kDemo + "--checkpoint ck --resume --log diary", 2,
                {"diary", "not of a run of lora-train"});
  CHECK(read_file(directory.path() / "diary") == "dear diary\n");
  run(directory, kSmall + "--epochs 2 --log log --plot p.svg --overwrite");
  CHECK(events(log_in(directory), "epoch").size() == 2);
}

TEST_CASE("a log that meets its end of space ends the run with code 6", "[cli][log]") {
  const TemporaryDirectory directory;
  const std::string shell = "cd '" + directory.path().string() +
                            "' && ulimit -f 8 && " LORA_BINARY_DIR "/lora-train " + kSmall +
                            "--epochs 1000 --log log >out 2>err";
  CHECK(WEXITSTATUS(std::system(("bash -c \"" + shell + "\"").c_str())) == 6);
  CHECK(read_file(directory.path() / "err").find("log: cannot be written") != std::string::npos);
  const std::string log = read_file(directory.path() / "log");
  REQUIRE(log.size() > 4096);
  CHECK(log.back() == '\n');
  CHECK(objects_of(log).size() > 20);
}

TEST_CASE("a plot is drawn of runs with and without validation, and of one epoch", "[cli][plot]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const std::vector<std::pair<std::string, std::vector<std::string>>> runs = {
      {kDemo, {"loss", "lr"}},
      {kSmall + "--epochs 1", {"loss", "lr"}},
      {kTrain, {"loss", "val_loss", "val_r2", "lr"}},
      {"--data classes.csv --target label --task classification --val classes.csv --epochs 3 ",
       {"loss", "val_loss", "val_accuracy", "lr"}},
  };
  for (const auto& [options, texts] : runs) {
    CAPTURE(options);
    run(directory, options + " --overwrite --plot p.svg");
    const std::string svg = read_file(directory.path() / "p.svg");
    for (const std::string& text : texts) {
      CAPTURE(text);
      CHECK(svg.find(">" + text + "</text>") != std::string::npos);
    }
    CHECK(svg.find("nan") == std::string::npos);
  }
}

TEST_CASE("the plot of a run that goes on has the epochs of its log", "[cli][plot]") {
  const TemporaryDirectory directory;
  run(directory, kBatches + "--plot whole.svg");
  const std::string options = kBatches + "--checkpoint ck --log log --plot p.svg ";
  run(directory, options);
  const std::string plot = read_file(directory.path() / "p.svg");
  CHECK(plot == read_file(directory.path() / "whole.svg"));
  for (const char* extension : {".json", ".safetensors"}) {
    fs::remove(directory.path() / ("ck/step-000000000024" + std::string(extension)));
  }
  run(directory, options + "--resume");
  CHECK(read_file(directory.path() / "p.svg") == plot);
}

TEST_CASE("an event file goes on where its checkpoint was", "[cli][tensorboard]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const std::string options = kTrain + "--batch-size 2 --checkpoint ck --tensorboard tb ";
  const fs::path path = directory.path() / "tb/events.out.tfevents.lora-train";
  run(directory, options);
  const auto whole = fs::file_size(path);
  // Of 3 epochs of 2 steps: the version, 6 steps, and validations after 0, 2, 4 and 6 steps.
  CHECK(records_until(read_file(path), 0).size() < records_until(read_file(path), 1).size());
  CHECK(records_until(read_file(path), 6).size() == whole);
  check_refused(directory, kTrain + "--tensorboard tb", 2, {"--tensorboard tb", "--overwrite"});
  for (const char* extension : {".json", ".safetensors"}) {
    fs::remove(directory.path() / ("ck/step-000000000006" + std::string(extension)));
  }
  fs::resize_file(path, whole - 5);
  run(directory, options + "--resume");
  CHECK(fs::file_size(path) == whole);
  CHECK(records_until(read_file(path), 6).size() == whole);
}

TEST_CASE("a report has the run, its outputs, and what it takes to do it again", "[cli][report]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const std::string classes =
      "--data classes.csv --target label --task classification --val classes.csv --epochs 3 ";
  run(directory, classes + "--rank 2 --report r.html --require 'val_accuracy>=0' --no-shuffle");
  const std::string page = read_file(directory.path() / "r.html");
  for (const std::string part :
       {"<svg", "class=\"confusion\"", "effective rank", "singular values of linear",
        "xxh3-128:", "--require &#39;val_accuracy&gt;=0&#39;", "--no-shuffle", "val_macro_f1"}) {
    CAPTURE(part);
    CHECK(page.find(part) != std::string::npos);
  }
  run(directory, kTrain + "--report r.html --overwrite");
  const std::string regression = read_file(directory.path() / "r.html");
  CHECK(regression.find(">predicted</text>") != std::string::npos);
  CHECK(regression.find("<th>rmse</th>") != std::string::npos);
  CHECK(regression.find("nan") == std::string::npos);
  run(directory, "--in 8 --out 2 --samples 64 --epochs 2 --method full --report full.html");
  CHECK(read_file(directory.path() / "full.html").find("rows of training") != std::string::npos);
}

TEST_CASE("the command in a report does the same run again", "[cli][report]") {
  const TemporaryDirectory directory;
  directory.write("run.toml",
                  "in = 8\nout = 2\nrank = 2\nsamples = 64\nepochs = 3\nshuffle = true\n");
  const std::string out =
      run(directory, "--config run.toml --lr 0.5 --batch-size 7 --log 'a b' --report r.html").out;
  const std::string page = read_file(directory.path() / "r.html");
  const std::size_t begin = page.find("<pre>lora-train") + 15;
  std::string command = page.substr(begin, page.find("</pre>") - begin);
  for (auto at = command.find("&#39;"); at != std::string::npos; at = command.find("&#39;")) {
    command.replace(at, 5, "'");
  }
  CHECK(run(directory, command + " --overwrite").out == out);
}

TEST_CASE("compare puts runs side by side", "[cli][compare]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  run(directory, kTrain + "--rank 1 --log one --save saved");
  run(directory, kTrain + "--rank 2 --lr 0.5 --log two");
  const std::vector<Json> log = log_in(directory, "two");
  const ProgramResult text = run(directory, "compare one two saved");
  std::vector<std::string> names;
  for (const std::string& line : lines_of(text.out))
    names.push_back(line.substr(0, line.find(' ')));
  const std::vector<std::string> begin = {"run", "rank", "alpha", "lr", "trainable_parameters"};
  CHECK(std::vector<std::string>(names.begin(), names.begin() + 5) == begin);
  CHECK(text.out.find("best") != std::string::npos);

  const Json end = Json::parse(run(directory, "compare one two saved --json").out);
  CHECK(end.at("differences") == Json({"rank", "alpha", "lr"}));
  REQUIRE(end.at("runs").size() == 3);
  const Json& one = end["runs"][0];
  const Json& two = end["runs"][1];
  const Json& saved = end["runs"][2];
  CHECK(one.at("kept") == saved.at("kept"));
  CHECK(one.at("trainable_parameters") == saved.at("trainable_parameters"));
  double best = 1e9;
  for (const Json& epoch : events(log, "epoch")) {
    best = std::min(best, epoch.at("val_loss").get<double>());
  }
  CHECK(two.at("best").at("val_loss").at("value") == best);
  CHECK(two.at("last").at("loss") == events(log, "epoch").back().at("loss"));
  CHECK(two.at("kept").at("val_loss") == best);
  CHECK(two.at("exit_code") == 0);
}

TEST_CASE("compare draws the losses of logs", "[cli][compare]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  run(directory, kTrain + "--log one --save saved");
  run(directory, kDemo + "--log two");
  run(directory, "compare one two --plot p.svg");
  const std::string svg = read_file(directory.path() / "p.svg");
  for (const std::string text :
       {">one</text>", ">two</text>", ">loss</text>", ">val_loss</text>"}) {
    CAPTURE(text);
    CHECK(svg.find(text) != std::string::npos);
  }
  check_refused(directory, "compare one two --plot p.svg", 2, {"p.svg", "--overwrite"});
  check_refused(directory, "compare one two --plot one --overwrite", 2, {"one", "input"});
  check_refused(directory, "compare one saved --plot q.svg", 2, {"saved", "--log"});
}
