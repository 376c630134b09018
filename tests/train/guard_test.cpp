#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "lora/core/error.h"
#include "support/catch.h"
#include "support/training.h"

using namespace lora;
using namespace lora::test;

namespace {

constexpr Real kNaN = std::numeric_limits<Real>::quiet_NaN();
constexpr Real kInfinity = std::numeric_limits<Real>::infinity();

Training training_on(Dataset data, TrainingOptions options) {
  Rng rng(3);
  const Index out = data.has_labels() ? data.classes : data.targets.cols();
  Linear base = Linear::drawn(data.features.cols(), out, rng);
  return {std::move(data), std::move(base), std::move(rng), std::move(options)};
}

Dataset nine_rows(const std::string& loss) {
  Rng rng(4);
  return loss == "mse" ? random_regression(9, 5, 3, rng) : random_classification(9, 5, 3, rng);
}

/// The sentence with which a step fails, and the parameters as they were before that step.
struct Failure {
  std::string message;
  Index steps = 0;  ///< that went well before it
  std::vector<Real> before;
};

Failure failure_of(Training& training) {
  Failure failure;
  Trainer trainer = training.trainer();
  try {
    for (Index epoch = 0; epoch < training.options.config.epochs; ++epoch) {
      trainer.start_epoch();
      failure.before = training.numbers();
      while (trainer.step()) {
        ++failure.steps;
        failure.before = training.numbers();
      }
    }
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::training);
    failure.message = error.what();
  }
  return failure;
}

void check_said(const std::string& message, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) {
    INFO(message << " | " << part);
    CHECK(message.find(part) != std::string::npos);
  }
}

/// In which step of the first epoch the row comes.
Index step_of_row(const TrainingOptions& options, Index row) {
  Training twin = training_on(nine_rows(options.loss), options);
  twin.loader.start_epoch(twin.rng);
  for (Index step = 1; const std::optional<Batch> batch = twin.loader.next(); ++step) {
    for (const Index number : batch->rows) {
      if (number == row) return step;
    }
  }
  return 0;
}

}  // namespace

TEST_CASE("a row that is not a number is named, and its step is not applied", "[train][guard]") {
  struct Row {
    std::string loss;
    Index batch_size;
    bool shuffle;
    std::vector<Index> rows;  // that train
    Real value;
  };
  const std::vector<Row> rows = {
      {"mse", 0, false, {}, kNaN},
      {"mse", 2, false, {}, kNaN},
      {"mse", 2, true, {}, kInfinity},
      {"mse", 3, false, {8, 1, 5, 2}, kNaN},
      {"cross_entropy", 0, false, {}, kNaN},
      {"cross_entropy", 2, true, {}, kNaN},
      {"cross_entropy", 2, true, {0, 2, 3, 5, 8}, -kInfinity},
  };
  constexpr Index kBadRow = 5;
  for (const Row& row : rows) {
    TrainingOptions options;
    options.loss = row.loss;
    options.batch_size = row.batch_size;
    options.shuffle = row.shuffle;
    options.rows = row.rows;
    options.adapter.init = "normal";
    const Index step = step_of_row(options, kBadRow);
    INFO(row.loss << ", batches of " << row.batch_size << ", step " << step);
    REQUIRE(step > 0);

    Dataset data = nine_rows(row.loss);
    data.features.own()(kBadRow, 2) = row.value;
    Training training = training_on(std::move(data), options);
    const Failure failure = failure_of(training);
    check_said(failure.message, {"step " + std::to_string(step) + ":", "row 5 of the data"});
    CHECK(failure.steps == step - 1);
    CHECK(same_bits(training.numbers(), failure.before));
  }
}

TEST_CASE("a target that is not a number is named by its row", "[train][guard]") {
  Dataset data = nine_rows("mse");
  data.targets(7, 1) = kNaN;
  Training training = training_on(std::move(data), {});
  const Failure failure = failure_of(training);
  check_said(failure.message, {"step 1:", "row 7 of the data"});
  CHECK(same_bits(training.numbers(), failure.before));
}

TEST_CASE("a loss too large for a float32 is refused", "[train][guard]") {
  Dataset data = nine_rows("mse");
  data.targets.row(4).setConstant(Real{1e25F});
  Training training = training_on(std::move(data), {});
  check_said(failure_of(training).message, {"step 1:", "the loss is inf", "row 4 of the data"});
}

TEST_CASE("a learning rate that explodes is named with its step", "[train][guard]") {
  TrainingOptions options;
  options.config.lr = 1e30;
  Training training = training_on(nine_rows("mse"), options);
  const Failure failure = failure_of(training);
  check_said(failure.message, {"step " + std::to_string(failure.steps + 1) + ":", "not applied",
                               "learning rate than 1e+30"});
  CHECK(failure.steps >= 1);
  CHECK(same_bits(training.numbers(), failure.before));
}

TEST_CASE("a step that makes a parameter infinite ends the run", "[train][guard]") {
  for (const std::string loss : {"mse", "cross_entropy"}) {
    INFO(loss);
    TrainingOptions options;
    options.loss = loss;
    options.config.lr = 1e39;
    Training training = training_on(nine_rows(loss), options);
    check_said(failure_of(training).message,
               {"step 1:", "lora_A.weight is not finite after it", "learning rate than 1e+39"});
  }
}

TEST_CASE("a gradient that is not finite is named by its tensor", "[train][guard]") {
  Dataset data = nine_rows("mse");
  data.features.own().setConstant(Real{1e21F});
  data.targets.setConstant(Real{1e18F});
  Training training(std::move(data), Linear(FrozenMatrix(Matrix::Zero(3, 5)), Matrix::Zero(1, 3)),
                    Rng(5), {});
  const Failure failure = failure_of(training);
  check_said(failure.message, {"step 1:", "the gradient of linear.lora_B.weight", "not applied"});
  CHECK(same_bits(training.numbers(), failure.before));
}

TEST_CASE("run() fails as its steps do", "[train][guard]") {
  Dataset data = nine_rows("mse");
  data.features.own()(3, 0) = kNaN;
  TrainingOptions options;
  options.batch_size = 2;
  Training training = training_on(std::move(data), options);
  Trainer trainer = training.trainer();
  CHECK_THROWS_AS(trainer.run(), Error);
}
