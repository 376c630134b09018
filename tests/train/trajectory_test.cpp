#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/golden.h"
#include "support/golden_training.h"
#include "support/training.h"

using namespace lora;
using namespace lora::test;

namespace {

Training make_training(const nlohmann::json& record) {
  TrainingOptions options = training_options(record);
  options.optimizer_options = {record["beta1"], record["beta2"], record["eps"]};
  options.groups.weight_decay = record["weight_decay"];
  return training_of(record, std::move(options));
}

std::string title_of(const nlohmann::json& record) {
  return record["loss"].get<std::string>() + ", seed " + record["seed"].dump() + ", batches of " +
         record["batch_size"].dump();
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
