// Training for retrieval on pairs of rows, as users run it.
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "lora/io/array_file.h"
#include "support/catch.h"
#include "support/golden.h"
#include "support/run_program.h"

using namespace lora;
using namespace lora::test;

namespace {

using Json = nlohmann::json;

/// A flat list as a table of so many columns, under `header` if there is one.
std::string table_of(const Json& numbers, std::size_t columns, const std::string& header = "") {
  std::string text = header;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    text += numbers[i].dump() + ((i + 1) % columns == 0 ? "\n" : ",");
  }
  return text;
}

/// Writes embeddings.csv, train.csv and val.csv of the golden record.
Json write_golden(const TemporaryDirectory& directory) {
  const Json record = golden("pairs.json").at(0);
  directory.write("embeddings.csv", table_of(record["x"], record["in"]));
  directory.write("train.csv", table_of(record["pairs"], 2, "query,document\n"));
  directory.write("val.csv", table_of(record["held_out"], 2));
  return record;
}

const std::string kPairs = "--data embeddings.csv --pairs train.csv --val val.csv ";
const std::string kGolden =
    kPairs +
    "--rank 2 --alpha 5 --seed 7 --batch-size 6 --epochs 5 --lr 0.05 --temperature 0.2 "
    "--keep-best none ";

std::vector<Json> events_of(const std::string& out, const std::string& event) {
  std::vector<Json> events;
  for (const std::string& line : lines_of(out)) {
    Json object = Json::parse(line);
    if (object["event"] == event) events.push_back(std::move(object));
  }
  return events;
}

Json end_of(const ProgramResult& result) {
  return events_of(result.out, "end").at(0);
}

/// A factor that --save wrote.
void check_factor(const TemporaryDirectory& directory, const std::string& name,
                  const Json& expected, Index rows, Index cols) {
  ArrayFile file((directory.path() / "out/adapter_model.safetensors").string());
  Matrix value(rows, cols);
  npy_rows_to_float(file.array("base_model.model.linear." + name + ".weight"), 0, value);
  CHECK((value - matrix_of(expected, rows, cols)).cwiseAbs().maxCoeff() <= 1e-5);
}

}  // namespace

TEST_CASE("a training on pairs goes step by step where PyTorch and PEFT go",
          "[cli][pairs][golden]") {
  const TemporaryDirectory directory;
  const Json record = write_golden(directory);
  const ProgramResult result = run(directory, kGolden + "--save out --json --log-every 1");

  const std::vector<Json> steps = events_of(result.out, "step");
  REQUIRE(steps.size() == 20);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    INFO("step " << i + 1);
    CHECK(steps[i]["loss"] == Approx(record["step_losses"][i].get<double>()).epsilon(1e-5));
  }
  const std::vector<Json> epochs = events_of(result.out, "epoch");
  REQUIRE(epochs.size() == 5);
  for (std::size_t i = 0; i < epochs.size(); ++i) {
    INFO("epoch " << i + 1);
    CHECK(epochs[i]["val_loss"] == Approx(record["val_losses"][i].get<double>()).epsilon(1e-5));
    for (const std::string name : {"val_recall_1", "val_recall_5", "val_recall_10"}) {
      CHECK(epochs[i][name] == Approx(record[name][i].get<double>()).epsilon(1e-6));
    }
  }
  check_factor(directory, "lora_A", record["A"], 2, record["in"]);
  check_factor(directory, "lora_B", record["B"], record["in"], 2);
  const Json start = events_of(result.out, "start").at(0);
  CHECK(start["pairs"] == 22);
  CHECK(start["val_pairs"] == 18);
  CHECK(start["trainable_parameters"] == 2 * (6 + 6));
  CHECK(start["config"]["loss"] == "contrastive");
  CHECK(start["config"]["temperature"] == 0.2);
}

TEST_CASE("what was trained on pairs is judged and used again", "[cli][pairs][eval][predict]") {
  const TemporaryDirectory directory;
  const Json record = write_golden(directory);
  const Json trained = end_of(run(directory, kGolden + "--save out --json"));
  const Json saved = Json::parse(read_file(directory.path() / "out/lora_train.json"));
  CHECK(saved["base_identity"] == true);
  CHECK(saved["task"] == "retrieval");
  CHECK(saved["inputs"][1]["option"] == "pairs");

  const std::string judge = "eval --adapter out --data embeddings.csv ";
  const Json judged = end_of(run(directory, judge + "--pairs val.csv --temperature 0.2 --json"));
  CHECK(judged["pairs"] == 18);
  CHECK(judged["loss"] == Approx(trained["val_loss"].get<double>()).epsilon(1e-6));
  for (const std::string name : {"recall_1", "recall_5", "recall_10"}) {
    CHECK(judged[name] == trained["val_" + name]);
  }
  const std::string line = run(directory, judge + "--pairs val.csv").out;
  CHECK(line.find("Recall at 10: 0.6667") != std::string::npos);

  // The outputs are x + s · x · Aᵀ · Bᵀ with s = 5/2.
  const auto lines = lines_of(run(directory, "predict --adapter out --data embeddings.csv").out);
  REQUIRE(lines.size() == 80);
  const Matrix x = matrix_of(record["x"], 80, 6);
  const Matrix A = matrix_of(record["A"], 2, 6);
  const Matrix B = matrix_of(record["B"], 6, 2);
  const Matrix expected = x + 2.5F * x * A.transpose() * B.transpose();
  std::istringstream cells(lines[3]);
  Index column = 0;
  for (std::string cell; std::getline(cells, cell, ','); ++column) {
    CHECK(std::stod(cell) == Approx(expected(3, column)).margin(1e-4));
  }
  CHECK(column == 6);
  CHECK(run(directory, "inspect out").out.find("retrieval") != std::string::npos);
}

TEST_CASE("pairs go with every part of a run that knows rows", "[cli][pairs]") {
  const TemporaryDirectory directory;
  write_golden(directory);
  const std::string options = "--data embeddings.csv --pairs train.csv --epochs 4 ";

  for (const std::string more :
       {"--val-split 0.3", "--standardize --val val.csv", "--batch-size 0", "--no-shuffle",
        "--dora --dropout 0.1", "--method full", "--init pissa", "--optimizer sgd --lr 0.1",
        "--schedule reduce_lr_on_plateau --val-split 0.2 --early-stop 2 --keep-best val_recall_1",
        "--clip-norm 0.5 --require 'loss<99'"}) {
    CAPTURE(more);
    const ProgramResult result = run(directory, options + more);
    CHECK(result.err.find("the identity (6, 6)") != std::string::npos);
  }
  const ProgramResult plan = run(directory, "plan " + options + "--val val.csv --batch-size 8");
  CHECK(plan.out.find("Steps: 12 in 4 epochs") != std::string::npos);
  CHECK(plan.out.find("pairs = \"train.csv\"") != std::string::npos);
  const std::string config = run(directory, options + "--print-config").out;
  directory.write("run.toml", config);
  CHECK(run(directory, "--config run.toml --print-config").out == config);
  CHECK(run(directory, "--config run.toml").out == run(directory, options).out);
}

TEST_CASE("an adapter of pairs goes on training on the identity", "[cli][pairs][adapter]") {
  const TemporaryDirectory directory;
  write_golden(directory);
  run(directory, kGolden + "--save out");
  const ProgramResult more = run(directory, kPairs + "--adapter out --epochs 2 --save more");
  CHECK(more.err.find("the identity") != std::string::npos);
  CHECK(Json::parse(read_file(directory.path() / "more/lora_train.json"))["base_identity"] == true);
  CHECK(run(directory, "eval --adapter more --data embeddings.csv --pairs val.csv")
            .out.starts_with("Loss: "));

  const ProgramResult refused =
      run_lora_train(directory.path(), "eval --adapter out --data embeddings.csv");
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("--pairs") != std::string::npos);
}

TEST_CASE("a row of numbers above other pairs is a pair", "[cli][pairs]") {
  const TemporaryDirectory directory;
  std::string rows;
  for (int i = 0; i < 2003; ++i) rows += std::to_string(i) + "," + std::to_string(i % 7) + "\n";
  directory.write("rows.csv", rows);
  directory.write("years.csv", "2000,2001\n5,3\n1,2\n");
  const ProgramResult result =
      run(directory, "--data rows.csv --pairs years.csv --epochs 1 --json");
  CHECK(events_of(result.out, "start").at(0)["pairs"] == 3);
}
