// Stacks of layers, through the whole program: against PyTorch and PEFT (tests/golden/stacks.py
// made the numbers), and what is refused.
#include <cmath>
#include <cstddef>
#include <map>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "lora/io/npy_writer.h"
#include "lora/io/safetensors.h"
#include "support/catch.h"
#include "support/golden.h"
#include "support/golden_training.h"
#include "support/run_program.h"

using namespace lora;
using namespace lora::test;
using nlohmann::json;

namespace {

struct NamedTensor {
  std::string name;
  std::vector<std::uint64_t> shape;
  std::vector<float> values;
};

void write_tensors(const TemporaryDirectory& directory, const std::string& file,
                   const std::vector<NamedTensor>& tensors,
                   const std::map<std::string, std::string>& metadata = {{"format", "pt"}}) {
  std::vector<SafetensorsTensor> parts;
  for (const NamedTensor& tensor : tensors) {
    parts.push_back(
        {tensor.name, DType::f32, tensor.shape, std::as_bytes(std::span(tensor.values))});
  }
  const std::vector<std::byte> bytes = safetensors_bytes(parts, metadata);
  directory.write(file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// Rows of numbers, each with all of its digits.
std::string csv(const json& numbers, std::size_t columns) {
  std::ostringstream text;
  text.precision(17);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    text << numbers[i].get<double>() << ((i + 1) % columns == 0 ? "\n" : ",");
  }
  return text.str();
}

/// The state dict of a record, in the order of its names.
std::vector<NamedTensor> tensors_of(const json& record) {
  std::vector<NamedTensor> tensors;
  const auto widths = record["widths"].get<std::vector<std::uint64_t>>();
  std::size_t layer = 0;
  const std::string prefix =
      record["prefix"] == "" ? "" : record["prefix"].get<std::string>() + ".";
  for (std::size_t i = 0; i < record["modules"].size(); ++i) {
    if (record["modules"][i] != "linear") continue;
    const std::string path = prefix + std::to_string(i);
    const std::uint64_t in = widths[layer];
    const std::uint64_t out = widths[layer + 1];
    tensors.push_back({path + ".weight", {out, in}, record["tensor " + path + ".weight"]});
    tensors.push_back({path + ".bias", {out}, record["tensor " + path + ".bias"]});
    ++layer;
  }
  return tensors;
}

void write_inputs(const TemporaryDirectory& directory, const json& record) {
  write_tensors(directory, "net.safetensors", tensors_of(record));
  directory.write("x.csv", csv(record["x"], record["widths"].front()));
  const bool regression = record["loss"] == "mse";
  directory.write("y.csv", regression ? csv(record["targets_of_rows"], record["widths"].back())
                                      : csv(record["labels"], 1));
}

std::string list_of(const json& names, const std::string& prefix) {
  std::string list;
  for (const json& name : names) {
    list += (list.empty() ? "" : ",") + prefix + name.get<std::string>();
  }
  return list;
}

/// The options that say what a record says.
std::string options_of(const json& record) {
  std::vector<std::string> activations;
  for (const json& module : record["modules"]) {
    if (module != "linear") activations.push_back(module);
  }
  const bool whole = record["batch_size"] == 0;
  const bool full = record["method"] == "full";
  const std::string prefix =
      record["prefix"] == "" ? "" : record["prefix"].get<std::string>() + ".";
  std::ostringstream text;
  text << "--base net.safetensors --data x.csv --target y.csv --activation "
       << list_of(activations, "") << " --loss " << record["loss"].get<std::string>() << " --seed "
       << record["seed"] << " --epochs " << record["epochs"] << " --batch-size "
       << record["batch_size"] << (whole ? " --no-shuffle" : "") << " --lr " << record["lr"]
       << " --bias " << record["bias"].get<std::string>();
  if (full) {
    text << " --method full";
    return text.str();
  }
  text << " --rank " << record["rank"] << " --alpha " << record["alpha"] << " --init "
       << record["init"].get<std::string>() << " --dropout " << record["dropout"] << " --targets '"
       << list_of(record["targets"], prefix) << "' --save adapter";
  if (record["method"] == "dora") text << " --dora";
  if (record["rslora"].get<bool>()) text << " --rslora";
  for (const char* pattern : {"rank_pattern", "alpha_pattern"}) {
    std::istringstream list(record[pattern].get<std::string>());
    for (std::string one; std::getline(list, one, ',');) {
      text << " --" << (pattern[0] == 'r' ? "rank-pattern " : "alpha-pattern ") << one;
    }
  }
  return text.str();
}

struct Told {
  std::vector<double> step_losses;
  Index trainable = 0;
};

Told told_by(const std::string& lines) {
  Told told;
  for (const std::string& line : lines_of(lines)) {
    const json object = json::parse(line);
    if (object["event"] == "start") told.trainable = object["trainable_parameters"];
    if (object["event"] == "step") told.step_losses.push_back(object["loss"]);
  }
  return told;
}

/// The numbers of a CSV without a header.
std::vector<double> numbers_of(const std::string& text) {
  std::vector<double> numbers;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, ',');) numbers.push_back(std::stod(cell));
  }
  return numbers;
}

std::vector<double> softmax(const std::vector<double>& logits, std::size_t classes) {
  std::vector<double> result;
  for (std::size_t row = 0; row < logits.size(); row += classes) {
    double total = 0;
    for (std::size_t j = 0; j < classes; ++j) total += std::exp(logits[row + j]);
    for (std::size_t j = 0; j < classes; ++j) result.push_back(std::exp(logits[row + j]) / total);
  }
  return result;
}

/// What the saved adapter predicts is what PyTorch's model puts out, and so is the merged file's.
void check_predictions(const TemporaryDirectory& directory, const json& record,
                       const std::string& model) {
  const bool regression = record["loss"] == "mse";
  const auto output = record["output"].get<std::vector<double>>();
  const std::vector<double> wanted = regression ? output : softmax(output, record["widths"].back());
  const std::string how = regression ? "" : " --task classification --probabilities";
  const std::vector<double> predicted =
      numbers_of(run(directory, "predict --data x.csv" + how + model).out);
  REQUIRE(predicted.size() == wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    CAPTURE(i, predicted[i], wanted[i]);
    CHECK(std::abs(predicted[i] - wanted[i]) < 1e-5);
  }
}

}  // namespace

TEST_CASE("adapters on the layers of a stack train as PEFT's, and are loaded and merged",
          "[cli][stack][golden]") {
  for (const json& record : golden("stacks.json")) {
    CAPTURE(record["seed"]);
    const TemporaryDirectory directory;
    write_inputs(directory, record);
    const std::string options = options_of(record);
    CAPTURE(options);
    const Told told = told_by(run(directory, options + " --json --log-every 1").out);
    CHECK(told.trainable == record["trainable"].get<Index>());
    REQUIRE(told.step_losses.size() == 20);
    check_losses(told.step_losses, record["step_losses"]);
    if (record["method"] == "full") continue;
    check_predictions(directory, record, " --adapter adapter");
    run(directory, "merge --base net.safetensors --adapter adapter --output merged.safetensors");
    const std::size_t from = options.find("--activation");
    check_predictions(
        directory, record,
        " --base merged.safetensors " + options.substr(from, options.find(" --loss") - from));
  }
}

namespace {

std::vector<float> ramp(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = static_cast<float>(static_cast<int>(i * 7 % 11) - 5) / 8;
  }
  return values;
}

/// 2 → 3 → 2 with a gap between them, and files of stacks that are none.
void write_stacks(const TemporaryDirectory& directory) {
  const NamedTensor first{"0.weight", {3, 2}, ramp(6)};
  const NamedTensor bias{"0.bias", {3}, ramp(3)};
  const NamedTensor second{"2.weight", {2, 3}, ramp(6)};
  write_tensors(directory, "gap.safetensors", {first, bias, second});
  write_tensors(directory, "said.safetensors", {first, bias, second},
                {{"format", "pt"}, {"activation", "silu"}});
  write_tensors(directory, "wrong.safetensors", {first, bias, second}, {{"activation", "swish"}});
  write_tensors(directory, "close.safetensors", {first, {"1.weight", {2, 3}, ramp(6)}});
  write_tensors(directory, "norm.safetensors",
                {first, {"1.weight", {3}, ramp(3)}, {"1.bias", {3}, ramp(3)}, second});
  write_tensors(directory, "unfit.safetensors", {first, {"2.weight", {2, 4}, ramp(8)}});
  write_tensors(directory, "two.safetensors",
                {{"a.0.weight", {3, 2}, ramp(6)},
                 {"a.2.weight", {2, 3}, ramp(6)},
                 {"b.0.weight", {2, 2}, ramp(4)}});
  directory.write("data.csv", "x1,x2,y1,y2\n1,2,3,1\n2,1,0,2\n0,1,2,0\n3,3,1.5,1\n");
}

const std::string kData = "--data data.csv --target y1,y2 --epochs 2 ";

struct Refusal {
  std::string arguments;
  int exit_code;
  std::vector<std::string> words;
};

}  // namespace

TEST_CASE("a stack is refused when it does not say all", "[cli][stack]") {
  const TemporaryDirectory directory;
  write_stacks(directory);
  const std::vector<Refusal> refusals = {
      {"--base gap.safetensors", 2, {"between 0 and 2", "--activation", "gelu_tanh"}},
      {"--base gap.safetensors --activation swish", 2, {"'swish'", "silu"}},
      {"--base gap.safetensors --activation relu,relu", 2, {"1 gap ", "0 and 2"}},
      {"--base wrong.safetensors", 2, {"metadata 'activation'", "'swish'"}},
      {"--base close.safetensors --activation relu", 2, {"0 gaps"}},
      {"--base gap.safetensors:0 --activation relu", 2, {"one layer"}},
      {"--activation relu", 2, {"--activation", "--base"}},
      {"--base norm.safetensors --activation relu", 3, {"'1.weight'", "(3,)", "linear layers"}},
      {"--base unfit.safetensors --activation relu", 3, {"layer 2 takes 4", "0 before it gives 3"}},
      {"--base two.safetensors", 3, {"name one", "a.0.weight"}},
      {"--base two.safetensors:c", 3, {"no tensor 'c'"}},
      {"--base gap.safetensors --activation relu --targets 1", 2, {"--targets '1'", "0, 2"}},
      {"--base gap.safetensors --activation relu --targets 2 --rank-pattern 0=2",
       2,
       {"--rank-pattern", "'0'", "no adapted layer"}},
      {"--base gap.safetensors --activation relu --targets 2 --bias lora_only",
       2,
       {"no bias that could be trained"}},
  };
  for (const Refusal& refusal : refusals) {
    const ProgramResult result = run_lora_train(directory.path(), kData + refusal.arguments);
    CAPTURE(refusal.arguments, result.err);
    CHECK(result.exit_code == refusal.exit_code);
    for (const std::string& word : refusal.words) {
      CAPTURE(word);
      CHECK(result.err.find(word) != std::string::npos);
    }
  }
}

TEST_CASE("what stands in a stack's gaps may come from the file or from the adapter's record",
          "[cli][stack]") {
  const TemporaryDirectory directory;
  write_stacks(directory);
  const std::string told =
      run(directory, kData + "--base gap.safetensors --activation silu --save a").out;
  CHECK(run(directory, kData + "--base said.safetensors").out == told);
  CHECK(run(directory, kData + "--base said.safetensors --activation relu").out != told);
  const std::string predicted =
      run(directory, "predict --data data.csv --target y1,y2 --adapter a").out;
  CHECK(
      run(directory, "predict --data data.csv --target y1,y2 --adapter a --activation silu").out ==
      predicted);
  CHECK(run(directory, "predict --data data.csv --target y1,y2 --adapter a --base said.safetensors")
            .out == predicted);
}

TEST_CASE("layers without a gap between them have no activation", "[cli][stack]") {
  const TemporaryDirectory directory;
  write_stacks(directory);
  CHECK(run(directory, kData + "--base close.safetensors").err.find("2 layers, 2 -> 3 -> 2") !=
        std::string::npos);
}

TEST_CASE("a prefix chooses one stack of a file", "[cli][stack]") {
  const TemporaryDirectory directory;
  write_stacks(directory);
  const std::string base = "--base two.safetensors:a --activation relu ";
  run(directory, kData + base + "--targets 2 --save a");
  run(directory, "merge --base two.safetensors:a --adapter a --output m.safetensors");
  const auto predicted_by = [&](const std::string& model) {
    const std::string text = run(directory, "predict --data data.csv --target y1,y2 " + model).out;
    return numbers_of(text.substr(text.find('\n') + 1));
  };
  const std::vector<double> adapted = predicted_by("--adapter a");
  const std::vector<double> merged = predicted_by("--base m.safetensors:a --activation relu");
  REQUIRE(adapted.size() == 8);
  REQUIRE(merged.size() == 8);
  for (std::size_t i = 0; i < 8; ++i) CHECK(merged[i] == Approx(adapted[i]).epsilon(1e-5));
  CHECK(run(directory, "inspect a").out.find("a.2 ") != std::string::npos);
  CHECK(run(directory, kData + "--base two.safetensors:b").err.find("b.0") != std::string::npos);
}
