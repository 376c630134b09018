#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/golden.h"
#include "support/training.h"

using namespace lora;
using namespace lora::test;

namespace {

struct Demo {
  std::uint64_t seed = 42;
  Index in = 64;
  Index out = 10;
  Index samples = 1000;
  TrainingOptions options;
};

/// The draws of the demo in the order that the contract gives them.
Training make_training(const Demo& demo) {
  Rng rng(demo.seed);
  Dataset data = random_regression(demo.samples, demo.in, demo.out, rng);
  Linear base = Linear::drawn(demo.in, demo.out, rng);
  return {std::move(data), std::move(base), std::move(rng), demo.options};
}

Demo read_demo(const nlohmann::json& record) {
  Demo demo;
  demo.seed = unsigned_of(record["seed"]);
  demo.in = record["in"];
  demo.out = record["out"];
  demo.samples = record["samples"];
  demo.options.adapter = {record["rank"], record["alpha"], "normal"};
  demo.options.train_bias = record["bias"] == "all";
  demo.options.config.epochs = record["epochs"];
  demo.options.config.lr = record["lr"];
  return demo;
}

std::string printed(double loss) {
  std::array<char, 40> text;
  std::snprintf(text.data(), text.size(), "%.4f", loss);
  return text.data();
}

}  // namespace

TEST_CASE("the demo prints the digits of the contract", "[train][trainer]") {
  struct Row {
    bool train_bias;
    Index trainable;
    std::vector<std::string> losses;
  };
  const std::vector<Row> rows = {
      {false,
       296,
       {"243.7067", "234.6530", "225.9276", "217.5213", "209.4257", "201.6327", "194.1344",
        "186.9234", "179.9918", "173.3318"}},
      {true,
       306,
       {"243.7067", "234.6470", "225.9159", "217.5043", "209.4038", "201.6063", "194.1039",
        "186.8890", "179.9540", "173.2909"}},
  };
  for (const Row& row : rows) {
    INFO("bias trained: " << row.train_bias);
    Demo demo;
    demo.options.adapter.init = "normal";
    demo.options.train_bias = row.train_bias;
    Training training = make_training(demo);
    CHECK(Walk(training.model).trainable == row.trainable);
    CHECK(Walk(training.model).total == 946);

    std::vector<std::string> lines;
    for (const double loss : losses_of_epochs(training)) lines.push_back(printed(loss));
    CHECK(lines == row.losses);
  }
}

TEST_CASE("every demo has the losses and the counts of PyTorch", "[train][trainer]") {
  const nlohmann::json records = golden("demos.json");
  REQUIRE(records.size() >= 22);
  for (const nlohmann::json& record : records) {
    const Demo demo = read_demo(record);
    INFO("seed " << demo.seed << ", " << demo.samples << " × " << demo.in << " → " << demo.out);
    Training training = make_training(demo);
    CHECK(Walk(training.model).trainable == record["trainable"].get<Index>());
    CHECK(Walk(training.model).total == record["total"].get<Index>());

    const auto expected = record["losses"].get<std::vector<double>>();
    const std::vector<double> losses = losses_of_epochs(training);
    REQUIRE(losses.size() == expected.size());
    for (std::size_t epoch = 0; epoch < losses.size(); ++epoch) {
      INFO("epoch " << epoch + 1 << ": " << losses[epoch] << ", not " << expected[epoch]);
      CHECK(loss_error(losses[epoch], expected[epoch], expected[0]) <= 1);
    }
  }
}
