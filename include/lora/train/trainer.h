// The training loop.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lora/core/group.h"
#include "lora/core/rng.h"
#include "lora/core/state.h"
#include "lora/core/tape.h"
#include "lora/data/loader.h"
#include "lora/loss/loss.h"
#include "lora/loss/metric.h"
#include "lora/optim/optimizer.h"
#include "lora/optim/schedule.h"
#include "lora/train/best_epoch.h"
#include "lora/train/evaluator.h"
#include "lora/train/frozen_cache.h"
#include "lora/train/objective.h"
#include "lora/train/observer.h"

namespace lora {

struct TrainConfig {
  Index epochs = 10;
  Index max_steps = 0;   ///< if above 0, decides how long training goes on, whatever `epochs` says
  double lr = 0.01;      ///< of every step, or the highest of a schedule
  Index accumulate = 1;  ///< batches a step: as if they were one
  double clip_norm =
      0;  ///< the longest that the gradient of all parameters together may be; 0: any
  Index eval_every = 1;        ///< epochs between validations; there is always one after the last
  std::string keep_best = {};  ///< the figure whose best epoch is kept; "": the last epoch is
  Index early_stop = 0;        ///< ends after so many epochs without a better one; 0: never
  Index keep_every = 0;        ///< steps after which the keeper is called; 0: after each epoch
};

class Trainer;

/// Who writes down how far a run has come.
class Keeper {
 public:
  virtual ~Keeper() = default;

  /// Between two steps, when it is time or when the run is interrupted. What trainer.visit_state()
  /// shows is all that a trainer with the same parts needs to go on from here.
  virtual void keep(Trainer& trainer) = 0;
};

/// Rows and what is kept of them.
struct Feed {
  Loader& loader;
  FrozenCache& cache;
};

/// What a trainer borrows; all of it must outlive the trainer.
struct TrainParts {
  Objective& objective;
  Optimizer& optimizer;
  std::vector<NamedParameter> trainable;
  Feed train;
  std::optional<Feed> validation = std::nullopt;
  std::span<const ReportedMetric> metrics = {};  ///< of the validation
  Rng& rng;
  Compute& compute;
  Group& group;
  std::vector<Observer*> observers = {};
  /// Asked after each step; true ends the run early. Of several processes any may say so: all end
  /// together, a step later.
  std::function<bool()> stop = {};
  Keeper* keeper = nullptr;
  Schedule* schedule = nullptr;  ///< none: each step has the learning rate of the config
};

struct TrainResult {
  Index epochs = 0;
  Index steps = 0;
  double highest_lr = 0;  ///< of all steps
  double loss = 0;        ///< of the kept epoch
  Figures validation;     ///< after the kept epoch
  Index kept_epoch = 0;   ///< whose parameters the model has now
  bool stopped_early = false;
  bool interrupted = false;
};

/// run() does all of it; start_epoch() and step() are for a loop of one's own, which then has to do
/// without validation, observers and the best epoch.
class Trainer {
 public:
  Trainer(const TrainConfig& config, TrainParts parts);

  /// Trains to the end, or until stop() says so; after visit_state() has put a state back, from
  /// there. Throws Error(training) as step() does.
  TrainResult run();

  /// One optimiser step on the next batch, or batches, of the epoch that start_epoch() began:
  /// returns the loss before the step, or nothing at the end of the epoch. The gradient of the mean
  /// is what the optimiser sees, clipped as by torch.nn.utils.clip_grad_norm_. Throws
  /// Error(training) when a loss or gradient is not finite, with the row or tensor, and when no
  /// gradient reaches any parameter in the first step; the parameters are then as they were before.
  /// Throws it too when a parameter is not finite after the step.
  std::optional<LossSum> step();
  void start_epoch();

  Index steps() const { return result_.steps; }

  /// Parameters, moments, the schedule's state, counters, generator, the place in the data and the
  /// best epoch so far.
  void visit_state(StateVisitor& visitor);

 private:
  Index epochs_to_run() const;
  bool out_of_steps() const;
  bool is_last_step() const;
  void run_epoch();
  void finish_epoch(std::chrono::steady_clock::time_point start);
  void keep_if_due(bool epoch_ended);
  double learning_rate() const;
  void show_to_schedule(const EpochRecord& record);
  void visit_counters(StateVisitor& visitor);
  void visit_place_in_data(StateVisitor& visitor);
  Figures validate();
  bool is_validated(Index epoch) const;
  bool has_waited_enough() const;
  void restore_best_epoch();
  void keep();
  std::optional<Batch> next_batch();
  LossSum add_gradients(const Batch& batch);
  double clipped(double scale) const;
  Index steps_per_epoch() const;
  void check_loss(const LossSum& loss, const Batch& batch);
  std::optional<Index> first_bad_row(const Batch& batch);
  void check_gradients();
  void sum_gradients();
  bool is_stopped();
  void check_first_gradients(const LossSum& loss) const;
  void check_values();
  std::string advice() const;
  std::string lower_learning_rate() const;

  TrainConfig config_;
  TrainParts parts_;
  Tape tape_;
  Evaluator evaluator_;
  BestEpoch best_;
  TrainResult result_;
  std::optional<Rng>
      epoch_generator_;          // as before the epoch's order was drawn; none between epochs
  LossSum epoch_loss_;           // of the steps of the epoch so far
  bool wants_stop_ = false;      // this process does
  bool somebody_stops_ = false;  // one of all processes did before the last step
  bool goes_on_ = false;         // from a state that was put back
};

}  // namespace lora
