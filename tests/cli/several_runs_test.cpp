// --sweep, --folds and --compare-full: several runs by one command.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/sample_files.h"
#include "support/catch.h"
#include "support/run_program.h"

using namespace lora;
using namespace lora::test;

namespace {

using Json = nlohmann::json;

const std::string kTrain = "--data good.csv --target y --base base.safetensors --epochs 4 ";
const std::string kDemo = "--in 8 --out 3 --samples 20 --epochs 5 ";

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

/// The rows of a printed table, by the names of its columns.
std::vector<std::map<std::string, std::string>> table_of(const std::string& out) {
  const std::vector<std::string> lines = lines_of(out);
  REQUIRE(!lines.empty());
  const std::vector<std::string> header = words_of(lines.front());
  std::vector<std::map<std::string, std::string>> rows;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> cells = words_of(lines[i]);
    auto& row = rows.emplace_back();
    for (std::size_t k = 0; k < std::min(cells.size(), header.size()); ++k) {
      row[header[k]] = cells[k];
    }
  }
  return rows;
}

std::vector<Json> events_of(const std::string& out) {
  std::vector<Json> events;
  for (const std::string& line : lines_of(out)) events.push_back(Json::parse(line));
  return events;
}

/// The last object of a run alone.
Json end_of(const TemporaryDirectory& directory, const std::string& arguments) {
  return events_of(run(directory, arguments + " --json").out).back();
}

/// Whether a run among several has the figures of the same command alone.
void check_same_figures(const Json& of_several, const Json& alone) {
  for (const auto& [key, value] : alone.items()) {
    if (key == "event" || key == "exit_code" || key == "seconds" || key == "saved" ||
        !value.is_primitive())
      continue;
    CAPTURE(key);
    CHECK(of_several.at(key) == value);
  }
}

std::map<std::string, std::string> files_of(const TemporaryDirectory& directory,
                                            const std::string& name) {
  std::map<std::string, std::string> files;
  for (const auto& [path, content] : files_below(directory.path() / name)) {
    files[path.substr(path.rfind('/'))] = content;
  }
  return files;
}

}  // namespace

TEST_CASE("each run of a sweep has the numbers of the same command alone", "[cli][sweep]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  run(directory, kTrain + "--standardize --save begun");
  struct Row {
    std::string options;
    std::string key;
    std::vector<std::string> values;
  };
  const std::vector<Row> rows = {
      {kDemo, "rank", {"1", "3"}},
      {kDemo, "seed", {"1", "2"}},
      {kDemo + "--shuffle --batch-size 7 --dropout 0.3 --rank 2",
       "init",
       {"normal", "kaiming", "pissa"}},
      {kDemo, "method", {"lora", "full"}},
      {kTrain + "--val good.csv", "lr", {"1e-3", "0.1"}},
      {kTrain + "--val-split 0.5 --standardize", "seed", {"3", "4"}},
      {kTrain + "--standardize --val good.csv --batch-size 2", "dora", {"true", "false"}},
      {"--data classes.csv --target label --task classification --epochs 3", "seed", {"7", "8"}},
      {"--data good.csv --target y --adapter begun --val good.csv", "lr", {"1e-3", "0.1"}},
      {"--data good.csv --target y --base stack.safetensors --activation relu --val good.csv",
       "rank",
       {"1", "2"}},
      {kTrain + "--bias all --early-stop 1 --val good.csv --max-steps 9", "batch-size", {"1", "3"}},
  };
  for (const Row& row : rows) {
    std::string list;
    for (const std::string& value : row.values) list += (list.empty() ? "" : ",") + value;
    const std::string sweep = row.options + " --sweep " + row.key + "=" + list + " --json";
    CAPTURE(sweep);
    const Json end = events_of(run(directory, sweep).out).back();
    REQUIRE(end["runs"].size() == row.values.size());
    for (std::size_t i = 0; i < row.values.size(); ++i) {
      const std::string value = row.values[i];
      const std::string option = value == "true"    ? " --" + row.key
                                 : value == "false" ? " --no-" + row.key
                                                    : " --" + row.key + " " + value;
      CAPTURE(option);
      check_same_figures(end["runs"][i], end_of(directory, row.options + option));
    }
  }
}

TEST_CASE("the best run of a sweep is saved as the same command alone saves it", "[cli][sweep]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const std::string same = kTrain + "--val good.csv --standardize --save out --overwrite ";
  const Json end =
      events_of(run(directory, same + "--sweep 'rank=1,2 lr=0.001,0.1' --json").out).back();
  const auto saved = files_of(directory, "out");
  const Json best = end["runs"][end["best"].get<std::size_t>() - 1];
  for (const Json& other : end["runs"]) CHECK(best["val_loss"] <= other["val_loss"]);
  REQUIRE(saved.size() == 4);
  run(directory, same + "--rank " + best["values"]["rank"].dump() + " --lr " +
                     best["values"]["lr"].dump() + " --json");
  CHECK(files_of(directory, "out") == saved);
}

TEST_CASE("a sweep prints a row a run, best first", "[cli][sweep]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const auto rows = table_of(run(directory, kDemo + "--sweep 'lr=1e-4,0.01,1e-3 rank=1,2'").out);
  REQUIRE(rows.size() == 6);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    CHECK(std::stod(rows[i - 1].at("loss")) <= std::stod(rows[i].at("loss")));
  }
  for (const auto& row : rows) {
    CHECK(row.at("parameters") == (row.at("rank") == "1" ? "11" : "22"));
    CHECK(row.at("epoch") == "5");
  }
  CHECK(std::ranges::count_if(rows, [](const auto& row) { return row.at("lr") == "1e-3"; }) == 2);

  const auto r2 = table_of(
      run(directory, kTrain + "--val good.csv --keep-best val_r2 --sweep lr=1e-4,0.1,0.01").out);
  REQUIRE(r2.size() == 3);
  CHECK(std::stod(r2[0].at("val_r2")) >= std::stod(r2[1].at("val_r2")));
  CHECK(std::stod(r2[1].at("val_r2")) >= std::stod(r2[2].at("val_r2")));
}

TEST_CASE("a sweep over keys of a file leaves the rest of it as it is", "[cli][sweep][config]") {
  const TemporaryDirectory directory;
  directory.write("run.toml", "in = 8\nout = 3\nsamples = 20\nepochs = 5\nlr = 0.5\n");
  const std::string alone = run(directory, kDemo + "--lr 0.01 --rank 2 --json").out;
  const Json swept =
      events_of(run(directory, "--config run.toml --rank 2 --sweep lr=0.01,0.1 --json").out).back();
  check_same_figures(swept["runs"][0], events_of(alone).back());

  const std::string printed =
      run(directory, "--config run.toml --rank 2 --sweep lr=0.01,0.1 --print-config").out;
  CHECK(printed.find("sweep = \"lr=0.01,0.1\"\n") != std::string::npos);
  CHECK(printed.find("\nlr = ") == std::string::npos);
  directory.write("printed.toml", printed);
  CHECK(run(directory, "--config printed.toml --print-config").out == printed);
  CHECK(run_lora_train(directory.path(), "--config printed.toml --lr 1").exit_code == 2);
}

TEST_CASE("a run of a sweep that diverges has its row, and the others go on", "[cli][sweep]") {
  const TemporaryDirectory directory;
  const ProgramResult result =
      run(directory, kDemo + "--sweep lr=1e30,0.01 --save out --require 'loss<1e9'");
  const auto lines = lines_of(result.out);
  REQUIRE(lines.size() == 3);
  CHECK(words_of(lines[1])[1] == "0.01");
  CHECK(words_of(lines[2])[1] == "1e30");
  CHECK(lines[2].find("step ") != std::string::npos);
  CHECK(files_of(directory, "out").contains("/adapter_model.safetensors"));

  const ProgramResult all =
      run_lora_train(directory.path(), kDemo + "--sweep lr=1e30,1e32 --save all");
  CHECK(all.exit_code == 4);
  CHECK(lines_of(all.out).size() == 3);
  CHECK(all.err.find("error: no run came to its end; lr 1e30: step ") != std::string::npos);
  CHECK(!std::filesystem::exists(directory.path() / "all"));
  const ProgramResult strict =
      run_lora_train(directory.path(), kDemo + "--sweep lr=1e-4,0.01 --require 'loss<0'");
  CHECK(strict.exit_code == 5);
  CHECK(lines_of(strict.out).size() == 3);
}

TEST_CASE("with --json every object of a run has its number, and the last has them all",
          "[cli][sweep][json]") {
  const TemporaryDirectory directory;
  const std::vector<Json> events = events_of(run(directory,
                                                 "--in 8 --out 3 --samples 20 --epochs 2 --sweep "
                                                 "'lr=1e30,0.01 dora=true' --log-every 1 --json")
                                                 .out);
  std::vector<std::string> kinds;
  for (const Json& event : events) {
    kinds.push_back(event["event"].get<std::string>() +
                    (event.contains("run") ? event["run"].dump() : ""));
  }
  const std::vector<std::string> whole_run = {"start2", "step2", "epoch2", "step2",
                                              "epoch2", "end2",  "end"};
  REQUIRE(kinds.size() > whole_run.size());
  CHECK(kinds.front() == "start1");
  CHECK(std::vector<std::string>(kinds.end() - 7, kinds.end()) == whole_run);
  CHECK(events.front()["values"] == Json{{"lr", 1e30}, {"dora", true}});
  CHECK(events.front()["config"]["lr"] == 1e30);
  CHECK(events.front()["config"]["sweep"].is_null());
  const Json& end = events.back();
  CHECK(end["best"] == 2);
  CHECK(end["exit_code"] == 0);
  REQUIRE(end["runs"].size() == 2);
  CHECK(end["runs"][0]["error"].get<std::string>().starts_with("step "));
  CHECK(end["runs"][1]["loss"] == events[events.size() - 2]["loss"]);
}

TEST_CASE("SIGTERM ends a sweep with the table of what is done", "[cli][sweep]") {
  const TemporaryDirectory directory;
  const std::string command =
      "cd '" + directory.path().string() +
      "' || exit 9; " LORA_BINARY_DIR
      "/lora-train --sweep epochs=3,100000000 --save kept >out 2>err & pid=$!; "
      "until grep -q '2 of 2' err; do sleep 0.05; done; sleep 0.2; kill -TERM $pid; wait $pid";
  CHECK(WEXITSTATUS(std::system(command.c_str())) == 130);
  const auto rows = table_of(read_file(directory.path() / "out"));
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].at("epochs") == "3");
  CHECK(read_file(directory.path() / "err").find("after 1 of 2 runs") != std::string::npos);
  CHECK(!std::filesystem::exists(directory.path() / "kept"));
}

TEST_CASE("--folds judges each fold by its own rows, and prints mean and spread", "[cli][folds]") {
  const TemporaryDirectory directory;
  std::string table = "x1,x2,y\n";
  for (int i = 0; i < 23; ++i) {
    table += std::to_string(i % 7) + "," + std::to_string(i * i % 11) + "," +
             std::to_string(i % 7 - 0.5 * (i * i % 11)) + "\n";
  }
  directory.write("rows.csv", table);
  const std::string folds = "--data rows.csv --target y --folds 5 --epochs 3 --standardize ";
  const auto rows = table_of(run(directory, folds).out);
  REQUIRE(rows.size() == 7);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(rows[i].at("fold") == std::to_string(i + 1));
    CHECK(rows[i].at("rows") == (i < 3 ? "5" : "4"));
  }
  CHECK(rows[5].at("fold") == "mean");
  CHECK(rows[6].at("fold") == "spread");

  const Json end = end_of(directory, folds + "--save out");
  REQUIRE(end["runs"].size() == 5);
  for (const char* figure : {"loss", "val_loss", "val_r2", "val_mae"}) {
    double sum = 0;
    for (const Json& fold : end["runs"]) sum += fold[figure].get<double>();
    const double mean = sum / 5;
    double squares = 0;
    for (const Json& fold : end["runs"]) squares += std::pow(fold[figure].get<double>() - mean, 2);
    CAPTURE(figure);
    CHECK(end["mean"][figure].get<double>() == Approx(mean));
    CHECK(end["spread"][figure].get<double>() == Approx(std::sqrt(squares / 4)));
  }
  const Json best = end["runs"][end["best"].get<std::size_t>() - 1];
  for (const Json& fold : end["runs"]) CHECK(best["val_loss"] <= fold["val_loss"]);
  const Json record = Json::parse(read_file(directory.path() / "out/lora_train.json"));
  CHECK(record["metrics"]["val_loss"] == best["val_loss"]);
  CHECK(record["config"]["folds"] == 5);
  CHECK(record["fold"] == end["best"]);
  const std::string fold = " of fold " + end["best"].dump();
  CHECK(read_file(directory.path() / "out/README.md").find(fold) != std::string::npos);
  CHECK(run(directory, "inspect out").out.find(fold + "\n") != std::string::npos);
  CHECK(run_lora_train(directory.path(),
                       folds + "--require 'val_loss<" +
                           std::to_string(end["mean"]["val_loss"].get<double>() * 0.99) + "'")
            .exit_code == 5);
}

TEST_CASE("a fold is trained as on a file of the other rows", "[cli][folds]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  // Each of the 4 rows is a fold; the one that is held out is found by trying all.
  const std::string same = "--target y --base base.safetensors --epochs 4 --standardize";
  const std::vector<std::string> rows = {"1,2,3\n", "2,1,0\n", "0,1,2\n", "3,3,1.5\n"};
  std::vector<double> alone;
  for (std::size_t held = 0; held < rows.size(); ++held) {
    std::string others = "x1,x2,y\n";
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i != held) others += rows[i];
    }
    directory.write("others.csv", others);
    directory.write("held.csv", "x1,x2,y\n" + rows[held]);
    const Json end = end_of(directory, "--data others.csv --val held.csv " + same);
    alone.push_back(end["val_loss"].get<double>());
  }
  std::vector<double> folds;
  const Json end = end_of(directory, "--data good.csv --folds 4 " + same);
  for (const Json& fold : end["runs"]) folds.push_back(fold["val_loss"].get<double>());
  std::ranges::sort(alone);
  std::ranges::sort(folds);
  REQUIRE(folds.size() == alone.size());
  for (std::size_t i = 0; i < folds.size(); ++i) CHECK(folds[i] == Approx(alone[i]).epsilon(1e-5));
}

TEST_CASE("--compare-full prints the adapter beside the whole weight", "[cli][compare]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const std::string same = kTrain + "--val good.csv --bias all --batch-size 2 --seed 5 ";
  const std::string adapter = "--rank 1 --alpha 3 --lr-b-ratio 4 --dora ";
  const Json end = end_of(directory, same + adapter + "--compare-full --save out");
  REQUIRE(end["runs"].size() == 2);
  check_same_figures(end["runs"][0], end_of(directory, same + adapter + "--save alone"));
  check_same_figures(end["runs"][1], end_of(directory, same + "--method full"));
  CHECK(end["best"] == 1);
  CHECK(files_of(directory, "out").at("/adapter_model.safetensors") ==
        files_of(directory, "alone").at("/adapter_model.safetensors"));

  const auto rows = table_of(run(directory, same + adapter + "--compare-full").out);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].at("method") == "dora");
  CHECK(rows[1].at("method") == "full");
  CHECK(rows[0].at("parameters") == "5");  // 1·(2 + 1), a magnitude, a bias
  CHECK(rows[1].at("parameters") == "3");
  // Value, gradient and Adam's two moments, 4 bytes each.
  CHECK(end["runs"][0]["training_bytes"] == 80);
  CHECK(end["runs"][1]["training_bytes"] == 48);
}
