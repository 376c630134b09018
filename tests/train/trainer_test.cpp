#include "lora/train/trainer.h"

#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/training.h"

using namespace lora;
using namespace lora::test;

namespace {

/// Three batches an epoch, the last of two rows.
TrainingOptions in_batches_of_four(Index epochs) {
  TrainingOptions options;
  options.batch_size = 4;
  options.shuffle = true;
  options.config.epochs = epochs;
  return options;
}

/// Trains `count` steps with no help from run().
void take_steps(Training& training, int count) {
  Trainer trainer = training.trainer();
  while (count > 0) {
    trainer.start_epoch();
    while (count > 0 && trainer.step()) --count;
  }
}

/// What validation should find, from a batch for each row.
Figures figures_by_hand(Training& training, const std::vector<Index>& rows) {
  Tape tape(training.compute);
  const std::vector<ReportedMetric> metrics =
      make_metrics(training.data.has_labels() ? Task::classification : Task::regression,
                   training.model.out_features());
  std::vector<Metric*> accumulators;
  for (const ReportedMetric& reported : metrics) accumulators.push_back(reported.metric.get());
  LossSum sum;
  for (const Index row : rows) {
    Loader one(training.data, std::vector<Index>{row}, 1, false);
    tape.reset(Mode::infer);
    sum += training.objective.evaluate(*one.next(), tape, accumulators);
  }
  Figures figures = {{"val_loss", "Val loss", sum.mean(), false, true}};
  for (const ReportedMetric& reported : metrics) {
    figures.push_back({"val_" + std::string(reported.kind->name),
                       "Val " + std::string(reported.kind->label), reported.metric->result(),
                       reported.kind->higher_is_better, reported.kind->headline});
  }
  return figures;
}

void check_equal(const Figures& figures, const Figures& expected) {
  REQUIRE(figures.size() == expected.size());
  for (std::size_t i = 0; i < figures.size(); ++i) {
    CHECK(figures[i].name == expected[i].name);
    CHECK(figures[i].label == expected[i].label);
    CHECK(figures[i].value == Approx(expected[i].value).epsilon(1e-6));
  }
}

/// Two processes with the same rows each.
class Twins : public SingleProcess {
 public:
  int size() const override { return 2; }
  void sum(std::span<const std::span<Real>> parts) override {
    for (const std::span<Real> part : parts) {
      for (Real& value : part) value += value;
    }
  }
  void sum_wide(std::span<double> values) override {
    for (double& value : values) value += value;
  }
};

}  // namespace

TEST_CASE("observers are told of each epoch in order", "[train][trainer]") {
  Training by_steps = ten_rows("mse", in_batches_of_four(3));
  const std::vector<LossSum> losses = losses_of_steps(by_steps);
  REQUIRE(losses.size() == 9);

  Training training = ten_rows("mse", in_batches_of_four(3));
  RememberingObserver observer;
  RememberingObserver another;
  TrainParts parts = training.parts();
  parts.observers = {&another};
  const TrainResult result = run(training, parts, observer);

  REQUIRE(observer.epochs.size() == 3);
  CHECK(another.epochs.size() == 3);
  CHECK(observer.first_validation.empty());
  for (std::size_t i = 0; i < 3; ++i) {
    const EpochRecord& record = observer.epochs[i];
    LossSum sum = losses[3 * i];
    sum += losses[3 * i + 1];
    sum += losses[3 * i + 2];
    CHECK(record.epoch == static_cast<Index>(i) + 1);
    CHECK(record.epochs == 3);
    CHECK(record.step == 3 * record.epoch);
    CHECK(record.loss == as_float32(sum));
    CHECK(record.lr == 0.01);
    CHECK(record.validation.empty());
    CHECK(record.seconds >= 0);
    CHECK(record.seconds < 60);
  }
  CHECK(result.epochs == 3);
  CHECK(result.steps == 9);
  CHECK(result.loss == observer.epochs.back().loss);
  CHECK_FALSE(result.interrupted);
}

TEST_CASE("the loss of an epoch weighs its steps by their rows", "[train][trainer]") {
  for (const std::string loss : {"mse", "cross_entropy"}) {
    INFO(loss);
    Training by_steps = ten_rows(loss, in_batches_of_four(1));
    const std::vector<LossSum> steps = losses_of_steps(by_steps);
    REQUIRE(steps.size() == 3);
    const double by_rows = (4 * steps[0].mean() + 4 * steps[1].mean() + 2 * steps[2].mean()) / 10;
    Training training = ten_rows(loss, in_batches_of_four(1));
    CHECK(losses_of_epochs(training)[0] == Approx(by_rows).epsilon(1e-7));

    TrainingOptions still = in_batches_of_four(1);
    still.config.lr = 0;
    Training in_batches = ten_rows(loss, still);
    still.batch_size = 0;
    Training at_once = ten_rows(loss, still);
    CHECK(losses_of_epochs(in_batches)[0] == Approx(losses_of_epochs(at_once)[0]).epsilon(1e-6));
  }
}

TEST_CASE("a loss that is reported is a float32", "[train][trainer]") {
  Training training = ten_rows("cross_entropy", in_batches_of_four(5));
  for (const double loss : losses_of_epochs(training)) {
    CHECK(loss == static_cast<double>(static_cast<float>(loss)));
  }
}

TEST_CASE("max_steps decides how long training goes on", "[train][trainer]") {
  struct Row {
    Index epochs;
    Index max_steps;
    std::vector<Index> steps;  // after each epoch
  };
  const std::vector<Row> rows = {
      {10, 7, {3, 6, 7}}, {10, 6, {3, 6}}, {10, 1, {1}},   {10, 3, {3}},
      {1, 4, {3, 4}},     {0, 2, {2}},     {2, 0, {3, 6}}, {0, 0, {}},
  };
  for (const Row& row : rows) {
    INFO(row.epochs << " epochs, at most " << row.max_steps << " steps");
    TrainingOptions options = in_batches_of_four(row.epochs);
    options.config.max_steps = row.max_steps;
    Training training = ten_rows("mse", options);
    RememberingObserver observer;
    const TrainResult result = run(training, training.parts(), observer);

    REQUIRE(observer.epochs.size() == row.steps.size());
    for (std::size_t i = 0; i < row.steps.size(); ++i) {
      CHECK(observer.epochs[i].step == row.steps[i]);
      CHECK(observer.epochs[i].epochs == static_cast<Index>(row.steps.size()));
    }
    CHECK(result.epochs == static_cast<Index>(row.steps.size()));
    CHECK(result.steps == (row.steps.empty() ? 0 : row.steps.back()));
    CHECK_FALSE(result.interrupted);

    Training by_hand = ten_rows("mse", options);
    take_steps(by_hand, static_cast<int>(result.steps));
    CHECK(same_bits(training.numbers(), by_hand.numbers()));
  }
}

TEST_CASE("the loss of an epoch that max_steps cuts short is that of its steps",
          "[train][trainer]") {
  TrainingOptions options = in_batches_of_four(1);
  Training by_steps = ten_rows("mse", options);
  const std::vector<LossSum> steps = losses_of_steps(by_steps);
  options.config.max_steps = 1;
  Training training = ten_rows("mse", options);
  CHECK(losses_of_epochs(training) == std::vector<double>{as_float32(steps[0])});
}

TEST_CASE("stop() ends a run after the step that was under way", "[train][trainer]") {
  for (const int last : {1, 2, 3, 4, 8}) {
    INFO("stopped in step " << last);
    Training training = ten_rows("mse", in_batches_of_four(10));
    int asked = 0;
    TrainParts parts = training.parts();
    parts.stop = [&] { return ++asked == last; };
    RememberingObserver observer;
    const TrainResult result = run(training, parts, observer);
    CHECK(result.interrupted);
    CHECK(result.steps == last);
    CHECK(asked == last);

    Training by_hand = ten_rows("mse", in_batches_of_four(10));
    take_steps(by_hand, last);
    CHECK(same_bits(training.numbers(), by_hand.numbers()));
  }
}

TEST_CASE("the largest number of steps is no trouble", "[train][trainer]") {
  TrainingOptions options = in_batches_of_four(1);
  options.config.max_steps = std::numeric_limits<Index>::max();
  Training training = ten_rows("mse", options);
  int asked = 0;
  TrainParts parts = training.parts();
  parts.stop = [&] { return ++asked == 5; };
  RememberingObserver observer;
  CHECK(run(training, parts, observer).steps == 5);
}

TEST_CASE("a stop() that never says so changes nothing", "[train][trainer]") {
  Training training = ten_rows("mse", in_batches_of_four(2));
  int asked = 0;
  TrainParts parts = training.parts();
  parts.stop = [&] { return ++asked < 0; };
  RememberingObserver observer;
  CHECK_FALSE(run(training, parts, observer).interrupted);
  CHECK(asked == 6);
}

TEST_CASE("validation comes before the first step and after each epoch", "[train][trainer]") {
  Training training = ten_rows("cross_entropy", in_batches_of_four(4));
  const std::vector<ReportedMetric> metrics =
      make_metrics(Task::classification, training.model.out_features());
  Loader held_out(training.data, {0, 2, 3, 7, 9}, 2, false);
  TrainParts parts = training.parts();
  parts.validation.emplace(Feed{held_out, training.cache});
  parts.metrics = metrics;
  RememberingObserver observer;
  const TrainResult result = run(training, parts, observer);

  REQUIRE(observer.first_validation.size() == 1);
  REQUIRE(observer.epochs.size() == 4);
  std::vector<Figures> all = observer.first_validation;
  for (const EpochRecord& record : observer.epochs) all.push_back(record.validation);
  for (const Figures& figures : all) {
    REQUIRE(figures.size() == 4);
    CHECK(figures[0].name == "val_loss");
    CHECK(figures[0].label == "Val loss");
    CHECK(figures[1].name == "val_accuracy");
    CHECK(figures[1].label == "Val accuracy");
    CHECK(std::abs(std::remainder(figures[1].value, 0.2)) < 1e-12);  // of five rows
  }
  CHECK(result.validation[0].value == all.back()[0].value);
  CHECK(all[0][0].value != all[1][0].value);
}

TEST_CASE("validation judges the held-out rows and no others", "[train][trainer]") {
  for (const std::string loss : {"mse", "cross_entropy"}) {
    INFO(loss);
    TrainingOptions options = in_batches_of_four(10);
    options.config.lr = 0.3;
    Training training = ten_rows(loss, options);
    const std::vector<Index> rows = {1, 4, 5, 6, 8};
    Loader held_out(training.data, rows, 2, false);
    const std::vector<ReportedMetric> metrics = make_metrics(
        loss == "mse" ? Task::regression : Task::classification, training.model.out_features());
    TrainParts parts = training.parts();
    parts.validation.emplace(Feed{held_out, training.cache});
    parts.metrics = metrics;
    const Figures before = figures_by_hand(training, rows);
    RememberingObserver observer;
    run(training, parts, observer);
    const Figures after = figures_by_hand(training, rows);

    check_equal(observer.first_validation.at(0), before);
    check_equal(observer.epochs.back().validation, after);
    for (std::size_t i = 0; i < before.size(); ++i) CHECK(before[i].value != after[i].value);
  }
}

TEST_CASE("a run with validation trains to the same bits", "[train][trainer]") {
  Training without = ten_rows("mse", in_batches_of_four(3));
  const std::vector<double> losses = losses_of_epochs(without);

  for (const Index batch_size : {0, 3}) {
    Training with = ten_rows("mse", in_batches_of_four(3));
    Rng rng(9);
    const Dataset others = random_regression(7, 6, 3, rng);
    Loader held_out(others, all_rows(7), batch_size, false);
    FrozenCache cache(with.model, others, with.compute);
    TrainParts parts = with.parts();
    parts.validation.emplace(Feed{held_out, cache});
    RememberingObserver observer;
    run(with, parts, observer);
    CHECK(same_bits(with.numbers(), without.numbers()));
    for (std::size_t i = 0; i < losses.size(); ++i) CHECK(observer.epochs[i].loss == losses[i]);
  }
}

namespace {

/// A run that is validated on rows it does not train on, and diverges from them.
struct Validated {
  Validated(const TrainConfig& config, Index epochs)
      : rng(9),
        others(random_regression(7, 6, 3, rng)),
        training(ten_rows("mse", options_of(config, epochs))),
        held_out(others, all_rows(7), 0, false),
        cache(training.model, others, training.compute) {
    TrainParts parts = training.parts();
    parts.validation.emplace(Feed{held_out, cache});
    result = run(training, parts, observer);
  }

  static TrainingOptions options_of(const TrainConfig& config, Index epochs) {
    TrainingOptions options = in_batches_of_four(epochs);
    options.config = config;
    options.config.epochs = epochs;
    options.config.lr = 0.05;
    return options;
  }

  Rng rng;
  Dataset others;
  Training training;
  Loader held_out;
  FrozenCache cache;
  RememberingObserver observer;
  TrainResult result;
};

/// The epoch, from 1, with the smallest validation loss; the first of equal ones.
Index best_epoch_of(const std::vector<EpochRecord>& epochs) {
  Index best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (const EpochRecord& record : epochs) {
    if (record.validation.empty() || record.validation[0].value >= least) continue;
    least = record.validation[0].value;
    best = record.epoch;
  }
  return best;
}

}  // namespace

TEST_CASE("the best epoch's parameters are kept in place of the last's", "[train][trainer]") {
  TrainConfig config;
  config.keep_best = "val_loss";
  Validated kept(config, 30);
  const Index best = best_epoch_of(kept.observer.epochs);
  REQUIRE(best > 1);
  REQUIRE(best < 30);
  CHECK(kept.result.epochs == 30);
  CHECK(kept.result.kept_epoch == best);
  CHECK(kept.result.loss == kept.observer.epochs[static_cast<std::size_t>(best) - 1].loss);

  Validated stopped_there({}, best);
  CHECK(same_bits(kept.training.numbers(), stopped_there.training.numbers()));
  CHECK(kept.result.validation[0].value == stopped_there.result.validation[0].value);
  Validated last({}, 30);
  CHECK_FALSE(same_bits(kept.training.numbers(), last.training.numbers()));
  CHECK(last.result.kept_epoch == 30);
}

TEST_CASE("training ends early after so many epochs without a better one", "[train][trainer]") {
  TrainConfig config;
  config.keep_best = "val_loss";
  config.early_stop = 3;
  const Validated run_of_it(config, 30);
  const Index best = best_epoch_of(run_of_it.observer.epochs);
  CHECK(run_of_it.result.stopped_early);
  CHECK(run_of_it.result.kept_epoch == best);
  CHECK(run_of_it.result.epochs == best + 3);
  config.early_stop = 30;
  CHECK_FALSE(Validated(config, 30).result.stopped_early);
}

TEST_CASE("--eval-every leaves epochs out, but never the last", "[train][trainer]") {
  TrainConfig config;
  config.eval_every = 4;
  const Validated run_of_it(config, 10);
  for (const EpochRecord& record : run_of_it.observer.epochs) {
    CAPTURE(record.epoch);
    const bool expected = record.epoch == 4 || record.epoch == 8 || record.epoch == 10;
    CHECK(record.validation.empty() != expected);
  }
}

TEST_CASE("two processes with the same rows train as one", "[train][trainer]") {
  Training one = ten_rows("mse", in_batches_of_four(3));
  const std::vector<double> losses = losses_of_epochs(one);

  Training two = ten_rows("mse", in_batches_of_four(3));
  Twins twins;
  TrainParts parts = two.parts();
  RememberingObserver observer;
  run(two,
      TrainParts{parts.objective,
                 parts.optimizer,
                 parts.trainable,
                 parts.train,
                 parts.validation,
                 parts.metrics,
                 parts.rng,
                 parts.compute,
                 twins,
                 {},
                 {}},
      observer);
  CHECK(same_bits(two.numbers(), one.numbers()));
  for (std::size_t i = 0; i < losses.size(); ++i) CHECK(observer.epochs[i].loss == losses[i]);
}

TEST_CASE("only what is trainable changes", "[train][trainer]") {
  for (const bool train_bias : {false, true}) {
    TrainingOptions options = in_batches_of_four(2);
    options.train_bias = train_bias;
    Training training = ten_rows("mse", options);
    const Matrix weight = training.model.linear().weight().map();
    const Matrix bias = training.bias();
    const Matrix A = training.A();
    losses_of_steps(training);
    CHECK(same_bits(training.model.linear().weight().map(), weight));
    CHECK(same_bits(training.bias(), bias) == !train_bias);
    CHECK_FALSE(same_bits(training.A(), A));
    CHECK_FALSE(training.B().isZero(0));
  }
}
