// What makes a step: the batches that are added up, and the length that its gradient may have.
#include <cmath>
#include <string>

#include "lora/train/trainer.h"
#include "support/catch.h"
#include "support/same_bits.h"
#include "support/training.h"

using namespace lora;
using namespace lora::test;

namespace {

/// Shuffled, with a last window of an epoch that is shorter.
TrainingOptions in_batches(Index batch_size, Index accumulate) {
  TrainingOptions options;
  options.batch_size = batch_size;
  options.shuffle = true;
  options.config.epochs = 5;
  options.config.accumulate = accumulate;
  return options;
}

double distance(const std::vector<Real>& a, const std::vector<Real>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::pow(static_cast<double>(a[i] - b[i]), 2);
  return std::sqrt(sum);
}

/// Parameters after one step of plain gradient descent at rate 1.
std::vector<Real> after_one_step(double clip_norm) {
  TrainingOptions options;
  options.optimizer = "sgd";
  options.config.lr = 1;
  options.config.clip_norm = clip_norm;
  options.config.max_steps = 1;
  Training training = ten_rows("mse", options);
  losses_of_epochs(training);
  return training.numbers();
}

}  // namespace

TEST_CASE("batches that are added up train as one batch, the last ones too",
          "[train][accumulate]") {
  for (const std::string loss : {"mse", "cross_entropy"}) {
    CAPTURE(loss);
    Training at_once = ten_rows(loss, in_batches(4, 1));
    Training added = ten_rows(loss, in_batches(2, 2));  // windows of 4, 4 and 2 rows
    const std::vector<double> losses = losses_of_epochs(at_once);
    const std::vector<double> losses_of_added = losses_of_epochs(added);
    REQUIRE(losses.size() == losses_of_added.size());
    for (std::size_t i = 0; i < losses.size(); ++i) {
      CHECK(losses_of_added[i] == Approx(losses[i]).epsilon(1e-6));
    }
    CHECK(distance(at_once.numbers(), added.numbers()) < 1e-5);
  }
}

TEST_CASE("steps are counted, not the batches that are added up", "[train][accumulate]") {
  TrainingOptions options = in_batches(3, 3);  // 4 batches an epoch: a step of 3 and one of 1
  Training training = ten_rows("mse", options);
  RememberingObserver observer;
  CHECK(run(training, training.parts(), observer).steps == 10);

  options.config.max_steps = 3;
  Training shorter = ten_rows("mse", options);
  RememberingObserver of_shorter;
  const TrainResult result = run(shorter, shorter.parts(), of_shorter);
  CHECK(result.steps == 3);
  CHECK(result.epochs == 2);
}

TEST_CASE("a gradient that is too long is shortened to what it may be", "[train][clip]") {
  TrainingOptions untrained;
  Training start = ten_rows("mse", untrained);
  const std::vector<Real> before = start.numbers();
  const std::vector<Real> free = after_one_step(0);
  const double length = distance(free, before);  // of the gradient, at rate 1
  REQUIRE(length > 0.01);

  const std::vector<Real> halved = after_one_step(length / 2);
  CHECK(distance(halved, before) == Approx(length / 2).epsilon(1e-4));
  for (std::size_t i = 0; i < before.size(); ++i) {  // the direction stays
    CHECK(halved[i] - before[i] == Approx((free[i] - before[i]) / 2).margin(1e-5 * length));
  }
  CHECK(same_bits(after_one_step(length * 2), free));
}
