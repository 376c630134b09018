#include "lora/train/row_shares.h"

#include <string>
#include <utility>
#include <vector>

#include "lora/train/objective.h"
#include "support/catch.h"
#include "support/matrices.h"
#include "support/training.h"

using namespace lora;
using namespace lora::test;

namespace {

struct Case {
  std::string loss;
  std::string method;
  Index rows;
  Index in;
  Index out;
  bool weighted = false;
};

const std::vector<Case> kCases = {
    {"mse", "lora", 1000, 64, 10},          {"mse", "lora", 1001, 300, 70, true},
    {"mse", "dora", 777, 128, 65},          {"mse", "dense", 1300, 40, 33},
    {"cross_entropy", "lora", 2047, 50, 7}, {"cross_entropy", "dora", 600, 200, 90, true},
};

Training training_of(const Case& c, int threads) {
  TrainingOptions options;
  options.loss = c.loss;
  options.method = c.method;
  options.train_bias = true;
  options.threads = threads;
  Rng rng(3);
  Dataset data = c.loss == "mse" ? random_regression(c.rows, c.in, c.out, rng)
                                 : random_classification(c.rows, c.in, c.out, rng);
  if (c.weighted) {
    for (Index i = 0; i < c.rows; ++i) data.weights.push_back(static_cast<Real>(i % 3));
  }
  Linear base = Linear::drawn(c.in, c.out, rng);
  return {std::move(data), std::move(base), std::move(rng), std::move(options)};
}

/// The whole set, with what is kept of it, and parameters off their start.
Batch whole_batch(Training& training) {
  std::uint32_t seed = 1;
  for (const NamedParameter& named : Walk(training.model).parameters) {
    Matrix& value = named.parameter->value;
    value += fractions(value.rows(), value.cols(), seed++) / 8;
  }
  Batch batch = *training.loader.next();
  training.cache.fill(batch);
  return batch;
}

struct Result {
  LossSum loss;
  std::vector<Matrix> gradients;
};

Result taken_from(Training& training, const LossSum& loss) {
  Result result{loss, {}};
  for (const NamedParameter& named : Walk(training.model).parameters) {
    result.gradients.push_back(named.parameter->grad);
    named.parameter->grad.setZero();
  }
  return result;
}

Result together(Training& training, const Batch& batch) {
  Tape tape(training.compute);
  tape.reset(Mode::train);
  return taken_from(training, forward_and_backward(training.model, *training.loss, batch, tape));
}

Result in_shares(Training& training, const Batch& batch) {
  RowShares shares(training.model, *training.loss);
  const SharePlan plan = shares.plan(batch);
  REQUIRE(plan.shares > 1);
  return taken_from(training, shares.evaluate(batch, plan, training.compute));
}

}  // namespace

TEST_CASE("shares of a batch add up to its loss and gradients", "[train][row_shares]") {
  for (const Case& c : kCases) {
    INFO(c.loss << " " << c.method << " " << c.rows << " × " << c.in << " → " << c.out);
    Training training = training_of(c, 2);
    const Batch batch = whole_batch(training);
    const Result whole = together(training, batch);
    const Result cut = in_shares(training, batch);
    CHECK(cut.loss.sum == Approx(whole.loss.sum).epsilon(1e-6));
    CHECK(cut.loss.weight == whole.loss.weight);
    REQUIRE(whole.gradients.size() >= 2);
    for (std::size_t i = 0; i < whole.gradients.size(); ++i) {
      CHECK(relative_error(cut.gradients[i], whole.gradients[i]) < 2e-5);
    }
  }
}

TEST_CASE("shares have the same bits on any number of threads, and twice", "[train][row_shares]") {
  for (const Case& c : kCases) {
    INFO(c.loss << " " << c.method << " " << c.rows << " × " << c.in << " → " << c.out);
    std::vector<Result> results;
    for (const int threads : {1, 2, 3, 4}) {
      Training training = training_of(c, threads);
      const Batch batch = whole_batch(training);
      results.push_back(in_shares(training, batch));
      results.push_back(in_shares(training, batch));
    }
    for (const Result& result : results) {
      CHECK(result.loss.sum == results.front().loss.sum);
      for (std::size_t i = 0; i < result.gradients.size(); ++i) {
        CHECK(same_bits(result.gradients[i], results.front().gradients[i]));
      }
    }
  }
}

TEST_CASE("the rows of a batch stay together if few, or if they draw numbers",
          "[train][row_shares]") {
  const auto shares_of = [](Index rows, double dropout) {
    TrainingOptions options;
    options.adapter.dropout = dropout;
    Rng rng(3);
    Dataset data = random_regression(rows, 64, 10, rng);
    Linear base = Linear::drawn(64, 10, rng);
    Training training(std::move(data), std::move(base), std::move(rng), options);
    Batch batch = *training.loader.next();
    training.cache.fill(batch);
    return RowShares(training.model, *training.loss).plan(batch).shares;
  };
  CHECK(shares_of(1000, 0) > 1);
  CHECK(shares_of(1000, 0.1) == 1);
  CHECK(shares_of(32, 0) == 1);
}

TEST_CASE("every row is in one share", "[train][row_shares]") {
  for (const Index rows : {513, 1000, 4096, 5000}) {
    TrainingOptions options;
    Rng rng(3);
    Dataset data = random_regression(rows, 100, 50, rng);
    Linear base = Linear::drawn(100, 50, rng);
    Training training(std::move(data), std::move(base), std::move(rng), options);
    Batch batch = *training.loader.next();
    training.cache.fill(batch);
    const SharePlan plan = RowShares(training.model, *training.loss).plan(batch);
    CHECK(plan.shares * plan.share_rows >= rows);
    CHECK((plan.shares - 1) * plan.share_rows < rows);
    CHECK(plan.block_rows <= kBlockRows);
  }
}
