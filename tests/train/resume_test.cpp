// A run that is stopped, written down and gone on with is the run that was never stopped.
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "lora/core/error.h"
#include "lora/optim/reduce_lr_on_plateau.h"
#include "support/catch.h"
#include "support/state.h"
#include "support/training.h"

using namespace lora;
using namespace lora::test;

namespace {

/// Remembers the state after each step that is due.
class RememberingKeeper : public Keeper {
 public:
  void keep(Trainer& trainer) override {
    State state;
    StateWriter writer(state);
    trainer.visit_state(writer);
    states.emplace_back(trainer.steps(), std::move(state));
  }

  std::vector<std::pair<Index, State>> states;
};

/// A run of 5 epochs of 4 shuffled batches, the last of them short, judged on other rows.
struct Run {
  explicit Run(const std::string& loss, int threads = 1, const std::string& method = "lora",
               const AdapterOptions& adapter = {})
      : rng(9),
        others(random_rows(task_of(loss), 7, 6, 3, rng)),
        training(training_on(loss, threads, method, adapter)),
        held_out(loss == "contrastive" ? Loader(others, halves_as_pairs(7), 0, false)
                                       : Loader(others, all_rows(7), 0, false)),
        cache(training.model, others, training.compute),
        metrics(make_metrics(task_of(loss), 3)) {}

  static Task task_of(const std::string& loss) {
    return find_entry(loss_kinds(), "loss", loss).task;
  }

  static Training training_on(const std::string& loss, int threads, const std::string& method,
                              const AdapterOptions& adapter) {
    Rng rng(1);
    TrainingOptions options;
    options.loss = loss;
    options.method = method;
    options.adapter = adapter;
    options.batch_size = 4;
    options.shuffle = true;
    options.train_bias = true;
    options.threads = threads;
    options.config.epochs = 5;
    options.config.lr = 0.1;
    options.config.keep_best = "val_loss";
    options.config.keep_every = 1;
    const Index rows = loss == "contrastive" ? 28 : 14;
    if (loss == "contrastive") options.pairs = halves_as_pairs(rows);
    Dataset data = random_rows(task_of(loss), rows, 6, 3, rng);
    Linear base = Linear::drawn(6, 3, rng);
    return {std::move(data), std::move(base), std::move(rng), std::move(options)};
  }

  TrainParts parts(Keeper& keeper) {
    TrainParts parts = training.parts();
    parts.validation.emplace(Feed{held_out, cache});
    parts.metrics = metrics;
    parts.keeper = &keeper;
    parts.observers.push_back(&observer);
    return parts;
  }

  Rng rng;
  Dataset others;
  Training training;
  Loader held_out;
  FrozenCache cache;
  std::vector<ReportedMetric> metrics;
  RememberingObserver observer;
};

}  // namespace

TEST_CASE("a run goes on from any of its steps to the same bits", "[train][resume]") {
  for (const LossKind& kind : loss_kinds()) {
    const std::string loss(kind.name);
    CAPTURE(loss);
    Run whole(loss);
    RememberingKeeper kept;
    const TrainResult expected = Trainer(whole.training.options.config, whole.parts(kept)).run();
    REQUIRE(kept.states.size() == 20);

    for (const auto& [step, state] : kept.states) {
      CAPTURE(step);
      Run rest(loss, 2);
      RememberingKeeper ignored;
      Trainer trainer(rest.training.options.config, rest.parts(ignored));
      StateReader reader(state);
      trainer.visit_state(reader);
      const TrainResult result = trainer.run();
      CHECK(same_bits(rest.training.numbers(), whole.training.numbers()));
      CHECK(result.steps == expected.steps);
      CHECK(result.kept_epoch == expected.kept_epoch);
      CHECK(result.loss == expected.loss);
      REQUIRE(result.validation.size() == expected.validation.size());
      CHECK(text_of(result.validation) == text_of(expected.validation));
      CHECK(rest.observer.first_validation.empty());
      for (const EpochRecord& record : rest.observer.epochs) {
        const EpochRecord& other =
            whole.observer.epochs[static_cast<std::size_t>(record.epoch) - 1];
        CHECK(record.loss == other.loss);
        CHECK(text_of(record.validation) == text_of(other.validation));
      }
    }
  }
}

TEST_CASE("a place behind the end of an epoch, or before its beginning, is refused",
          "[train][resume]") {
  Run whole("mse");
  RememberingKeeper kept;
  Trainer(whole.training.options.config, whole.parts(kept)).run();
  for (const std::int64_t position : {-1, 15, 1'000'000}) {
    CAPTURE(position);
    State state = kept.states.front().second;
    state.wholes.at("position") = position;
    Run rest("mse");
    RememberingKeeper ignored;
    Trainer trainer(rest.training.options.config, rest.parts(ignored));
    StateReader reader(state);
    CHECK_THROWS_AS(trainer.visit_state(reader), Error);
  }
}

namespace {

/// Halves the rate after each epoch that is not better than the best.
std::unique_ptr<Schedule> impatient_schedule() {
  ScheduleOptions options;
  options.lr = 0.2;
  options.patience = 0;
  options.factor = 0.5;
  return ReduceLrOnPlateau::make(options);
}

/// A run under that schedule, interrupted after so many steps (0: never), from a state if there is
/// one.
TrainResult run_on_schedule(Run& run, RememberingKeeper& kept, Index interrupted_after,
                            const State* state = nullptr) {
  const std::unique_ptr<Schedule> schedule = impatient_schedule();
  TrainParts parts = run.parts(kept);
  parts.schedule = schedule.get();
  Index asked = 0;
  parts.stop = [&asked, interrupted_after] { return ++asked == interrupted_after; };
  Trainer trainer(run.training.options.config, std::move(parts));
  if (state != nullptr) {
    StateReader reader(*state);
    trainer.visit_state(reader);
  }
  return trainer.run();
}

}  // namespace

TEST_CASE("a run goes on from any of its steps with the learning rate that a plateau has left",
          "[train][resume][schedule]") {
  RememberingKeeper kept;
  Run whole("mse");
  run_on_schedule(whole, kept, 0);
  REQUIRE(kept.states.size() == 20);
  REQUIRE(whole.observer.epochs[3].lr < 0.2);
  REQUIRE(whole.observer.epochs[3].lr > 0.2 / 8);
  for (const Index step : {4, 8, 12, 16}) {  // an epoch is over, but nobody has been told yet
    Run first("mse");
    REQUIRE(run_on_schedule(first, kept, step).interrupted);
  }

  RememberingKeeper ignored;
  for (const auto& [step, state] : kept.states) {
    CAPTURE(step);
    Run rest("mse");
    run_on_schedule(rest, ignored, 0, &state);
    CHECK(same_bits(rest.training.numbers(), whole.training.numbers()));
    REQUIRE((step == 20 || !rest.observer.epochs.empty()));
    for (const EpochRecord& record : rest.observer.epochs) {
      const EpochRecord& other = whole.observer.epochs[static_cast<std::size_t>(record.epoch) - 1];
      CHECK(record.lr == other.lr);
      CHECK(record.loss == other.loss);
    }
  }
}

TEST_CASE("a run with any adapter and dropout goes on to the same bits", "[train][resume]") {
  for (const AdapterKind& kind : adapter_kinds()) {
    for (const char* init : {"kaiming", "pissa"}) {
      const std::string method(kind.name);
      CAPTURE(method, init);
      AdapterOptions adapter;
      adapter.rank = 2;
      adapter.init = init;
      adapter.dropout = 0.3;
      Run whole("mse", 1, method, adapter);
      RememberingKeeper kept;
      Trainer(whole.training.options.config, whole.parts(kept)).run();
      REQUIRE(kept.states.size() == 20);
      for (const auto& [step, state] : kept.states) {
        CAPTURE(step);
        Run rest("mse", 2, method, adapter);
        RememberingKeeper ignored;
        Trainer trainer(rest.training.options.config, rest.parts(ignored));
        StateReader reader(state);
        trainer.visit_state(reader);
        trainer.run();
        CHECK(same_bits(rest.training.numbers(), whole.training.numbers()));
      }
    }
  }
}

TEST_CASE("a run keeps its state after each epoch unless told otherwise", "[train][resume]") {
  for (const auto& [every, expected] : std::vector<std::pair<Index, std::vector<Index>>>{
           {0, {4, 8, 12, 16, 20}}, {3, {3, 6, 9, 12, 15, 18}}, {8, {8, 16}}}) {
    CAPTURE(every);
    Run run("mse");
    RememberingKeeper kept;
    TrainConfig config = run.training.options.config;
    config.keep_every = every;
    Trainer(config, run.parts(kept)).run();
    std::vector<Index> steps;
    for (const auto& [step, state] : kept.states) steps.push_back(step);
    CHECK(steps == expected);
  }
}

TEST_CASE("an interrupted run keeps its state at once", "[train][resume]") {
  Run run("mse");
  RememberingKeeper kept;
  TrainConfig config = run.training.options.config;
  config.keep_every = 100;
  int asked = 0;
  TrainParts parts = run.parts(kept);
  parts.stop = [&] { return ++asked == 6; };
  const TrainResult result = Trainer(config, std::move(parts)).run();
  CHECK(result.interrupted);
  REQUIRE(kept.states.size() == 1);
  CHECK(kept.states[0].first == 6);
}

TEST_CASE("a generator goes on from its state, in the middle of a pair of normals too",
          "[core][rng]") {
  Rng rng(5);
  rng.normal(1, 3);  // leaves the second of a pair
  rng.random();
  Rng copy(1);
  copy.set_state(rng.state());
  CHECK(copy.normal(1, 5) == rng.normal(1, 5));
  CHECK(copy.permutation(20) == rng.permutation(20));
  CHECK_THROWS_AS(copy.set_state("no state"), std::invalid_argument);
}

TEST_CASE("figures survive as text, what is not a number too", "[train][resume]") {
  const Figures figures = {{"val_loss", "Val loss", 1.0 / 3, false, true},
                           {"val_r2", "Val R2", std::nan(""), true, true},
                           {"val_macro_f1", "Val macro F1", -0.0, true, false}};
  const Figures read = figures_of(text_of(figures));
  REQUIRE(read.size() == 3);
  CHECK(read[0].value == 1.0 / 3);
  CHECK(std::isnan(read[1].value));
  CHECK(std::signbit(read[2].value));
  CHECK(read[2].label == "Val macro F1");
  CHECK(read[1].higher_is_better);
  CHECK_FALSE(read[2].headline);
}

TEST_CASE("a first step without any gradient is refused", "[train][guard]") {
  Rng rng(1);
  Dataset data = random_regression(8, 6, 3, rng);
  data.features.own().setZero();
  Linear base = Linear::drawn(6, 3, rng);
  Training training(std::move(data), std::move(base), std::move(rng), {});
  CHECK_THROWS_WITH(training.trainer().run(), Catch::Contains("no gradient"));
}
