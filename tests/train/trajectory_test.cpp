#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/golden.h"
#include "support/training.h"

using namespace lora;
using namespace lora::test;

namespace {

Dataset read_data(const nlohmann::json& record) {
  Dataset data;
  data.features = matrix_of(record["x"], record["n"], record["in"]);
  if (record.contains("targets")) {
    data.targets = matrix_of(record["targets"], record["n"], record["out"]);
  } else {
    data.labels = labels_of(record["labels"]);
    data.classes = record["out"];
  }
  return data;
}

TrainingOptions read_options(const nlohmann::json& record) {
  TrainingOptions options;
  options.loss = record["loss"];
  options.adapter = {record["rank"], record["alpha"], "kaiming"};
  options.train_bias = record["bias"] == "all";
  options.batch_size = record["batch_size"];
  options.shuffle = record["shuffle"];
  options.config.epochs = record["epochs"];
  options.config.lr = record["lr"];
  options.adam = {record["beta1"], record["beta2"], record["eps"]};
  options.weight_decay = record["weight_decay"];
  return options;
}

Training make_training(const nlohmann::json& record) {
  const Index in = record["in"];
  const Index out = record["out"];
  Linear base(FrozenMatrix(matrix_of(record["W"], out, in)),
              matrix_of(record["b_initial"], 1, out));
  return {read_data(record), std::move(base), Rng(unsigned_of(record["seed"])),
          read_options(record)};
}

std::string title_of(const nlohmann::json& record) {
  return record["loss"].get<std::string>() + ", seed " + record["seed"].dump() + ", batches of " +
         record["batch_size"].dump();
}

void check_losses(const std::vector<double>& losses, const nlohmann::json& list) {
  const auto expected = list.get<std::vector<double>>();
  REQUIRE(losses.size() == expected.size());
  for (std::size_t i = 0; i < losses.size(); ++i) {
    INFO("number " << i + 1 << ": " << losses[i] << ", not " << expected[i]);
    CHECK(loss_error(losses[i], expected[i], expected[0]) <= 1);
  }
}

void check_close(const Matrix& value, const nlohmann::json& list) {
  const Matrix expected = matrix_of(list, value.rows(), value.cols());
  CHECK((value - expected).cwiseAbs().maxCoeff() <= 2e-6);
}

}  // namespace

TEST_CASE("an adapter starts with the bits that PEFT draws", "[train][trainer]") {
  for (const nlohmann::json& record : golden("trajectories.json")) {
    INFO(title_of(record));
    Training training = make_training(record);
    const Matrix& A = training.A();
    CHECK(same_bits(A, matrix_of(record["A_initial"], A.rows(), A.cols())));
    CHECK(training.B().isZero(0));
  }
}

TEST_CASE("training goes step by step where PEFT's goes", "[train][trainer]") {
  const nlohmann::json records = golden("trajectories.json");
  REQUIRE(records.size() >= 16);
  for (const nlohmann::json& record : records) {
    INFO(title_of(record));
    Training training = make_training(record);
    std::vector<double> losses;
    for (const LossSum& loss : losses_of_steps(training)) losses.push_back(as_float32(loss));
    check_losses(losses, record["step_losses"]);
    check_close(training.A(), record["A"]);
    check_close(training.B(), record["B"]);
    check_close(training.bias(), record["b"]);
  }
}

TEST_CASE("the loss of an epoch is what PEFT's losses give by rows", "[train][trainer]") {
  for (const nlohmann::json& record : golden("trajectories.json")) {
    INFO(title_of(record));
    Training by_steps = make_training(record);
    losses_of_steps(by_steps);

    Training training = make_training(record);
    check_losses(losses_of_epochs(training), record["epoch_losses"]);
    CHECK(same_bits(training.numbers(), by_steps.numbers()));
  }
}
