// What the trainer asks a schedule, and what it tells it.
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "lora/optim/step_schedule.h"
#include "support/catch.h"
#include "support/training.h"

using namespace lora;
using namespace lora::test;

namespace {

/// Remembers the learning rates of its steps.
class RememberingOptimizer : public Optimizer {
 public:
  explicit RememberingOptimizer(Optimizer& steps) : steps_(steps) {}
  void step(double lr, double scale) override {
    rates.push_back(lr);
    steps_.step(lr, scale);
  }
  void visit_state(StateVisitor& visitor) override { steps_.visit_state(visitor); }

  std::vector<double> rates;

 private:
  Optimizer& steps_;
};

/// Another rate for each step and for each figure so far, which it remembers; exact in binary.
class RememberingSchedule : public Schedule {
 public:
  double rate(Index steps) const override {
    return static_cast<double>(steps + 1) / 1024 + static_cast<double>(figures.size()) / 8;
  }
  void observe(double figure) override { figures.push_back(figure); }

  std::vector<double> figures;
};

class RememberingSteps : public RememberingObserver {
 public:
  void on_step(const StepRecord& record) override { step_rates.push_back(record.lr); }

  std::vector<double> step_rates;
};

/// Five epochs of three batches, judged on other rows if wanted.
struct Scheduled {
  explicit Scheduled(bool validated, Index eval_every = 1)
      : rng(1),
        others(random_regression(7, 6, 3, rng)),
        training(random_regression(10, 6, 3, rng), Linear::drawn(6, 3, rng), Rng(2),
                 options(eval_every)),
        held_out(others, all_rows(7), 0, false),
        cache(training.model, others, training.compute),
        optimizer(*training.optimizer) {
    const TrainParts own = training.parts();
    TrainParts parts{
        own.objective, optimizer, own.trainable, own.train, own.validation, own.metrics, own.rng,
        own.compute,   own.group, {&observer},   {},        nullptr,        &schedule};
    if (validated) parts.validation.emplace(Feed{held_out, cache});
    Trainer(training.options.config, std::move(parts)).run();
  }

  static TrainingOptions options(Index eval_every) {
    TrainingOptions options;
    options.batch_size = 4;
    options.config.epochs = 5;
    options.config.eval_every = eval_every;
    return options;
  }

  Rng rng;
  Dataset others;
  Training training;
  Loader held_out;
  FrozenCache cache;
  RememberingOptimizer optimizer;
  RememberingSchedule schedule;
  RememberingSteps observer;
};

}  // namespace

TEST_CASE("each step has the rate of its schedule, and the records say which",
          "[train][schedule]") {
  const Scheduled run(/*validated=*/false);
  REQUIRE(run.optimizer.rates.size() == 15);
  for (std::size_t step = 0; step < 15; ++step) {
    const std::size_t epochs_before = step / 3;
    CHECK(run.optimizer.rates[step] ==
          static_cast<double>(step + 1) / 1024 + static_cast<double>(epochs_before) / 8);
  }
  CHECK(run.observer.step_rates == run.optimizer.rates);
  REQUIRE(run.observer.epochs.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(run.observer.epochs[i].lr == run.optimizer.rates[3 * i + 2]);
  }
}

TEST_CASE("a schedule is told the loss of each epoch if there is no validation",
          "[train][schedule]") {
  const Scheduled run(/*validated=*/false);
  std::vector<double> losses;
  for (const EpochRecord& record : run.observer.epochs) losses.push_back(record.loss);
  CHECK(run.schedule.figures == losses);
}

TEST_CASE("a schedule is told val_loss of the epochs that have one", "[train][schedule]") {
  for (const Index eval_every : {1, 2}) {
    CAPTURE(eval_every);
    const Scheduled run(/*validated=*/true, eval_every);
    std::vector<double> losses;
    for (const EpochRecord& record : run.observer.epochs) {
      if (record.validation.empty()) continue;
      REQUIRE(record.validation[0].name == "val_loss");
      losses.push_back(record.validation[0].value);
    }
    CHECK(losses.size() == (eval_every == 1 ? 5 : 3));
    CHECK(run.schedule.figures == losses);
  }
}

TEST_CASE("a constant schedule trains to the bits of no schedule", "[train][schedule]") {
  const auto numbers_after = [](Schedule* schedule) {
    Rng rng(1);
    Dataset data = random_regression(10, 6, 3, rng);
    Linear base = Linear::drawn(6, 3, rng);
    Training training(std::move(data), std::move(base), Rng(2), Scheduled::options(1));
    TrainParts parts = training.parts();
    parts.schedule = schedule;
    Trainer(training.options.config, std::move(parts)).run();
    return training.numbers();
  };
  ScheduleOptions options;
  options.lr = TrainConfig().lr;
  options.total_steps = 15;
  StepSchedule constant(constant_share, options);
  StepSchedule falling(linear_share, options);
  CHECK(same_bits(numbers_after(&constant), numbers_after(nullptr)));
  CHECK_FALSE(same_bits(numbers_after(&falling), numbers_after(nullptr)));
}
