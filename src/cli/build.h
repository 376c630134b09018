// From options to the objects of a run, all owned in one place.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base_model.h"
#include "lora/artifact/peft_config.h"
#include "lora/artifact/run_record.h"
#include "lora/core/compute.h"
#include "lora/core/group.h"
#include "lora/core/rng.h"
#include "lora/core/task.h"
#include "lora/data/dataset.h"
#include "lora/data/feature_scaling.h"
#include "lora/data/loader.h"
#include "lora/data/split.h"
#include "lora/loss/loss.h"
#include "lora/loss/metric.h"
#include "lora/optim/optimizer.h"
#include "lora/train/frozen_cache.h"
#include "lora/train/gram_objective.h"
#include "lora/train/gram_sums.h"
#include "lora/train/objective.h"
#include "lora/train/trainable.h"
#include "lora/train/trainer.h"
#include "options.h"
#include "pair_data.h"
#include "run_inputs.h"

namespace lora::cli {

/// How many numbers a model has, and how many of them are trained.
struct Counts {
  Index trainable = 0;
  Index total = 0;
};

Counts counts_of(Model& model);

/// How many processors --threads means.
int threads_of(const Options& options);

/// The loop that the options ask for.
TrainConfig train_config(const Options& options);

/// The loss that the options name, for a model of so many outputs. `labels` and `weights` are those
/// of the rows by which balanced class weights are measured.
std::unique_ptr<Loss> make_loss(const Options& options, Index outputs,
                                const std::vector<std::int32_t>& labels,
                                const std::vector<Real>& weights, Group& group);

/// Owns everything below the trainer that one run makes for itself. Members stand in the order of
/// their making: later ones refer to earlier ones.
struct Run {
  /// What a run is made for: one that is only checked computes nothing of its rows.
  enum class Purpose { train, check };

  /// Of options that `read` has filled in; it must outlive the run.
  Run(const Options& options, RunInputs& read, Purpose purpose = Purpose::train);
  ~Run() = default;
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  Run(Run&&) = delete;
  Run& operator=(Run&&) = delete;

  RunInputs& inputs;
  const std::optional<SavedAdapter>& start;  ///< the adapter that training starts from
  const SourceFacts& facts;
  Task task;
  const std::vector<std::string>& class_names;

  Compute compute;
  Group& group;
  Rng rng;
  std::optional<BaseModel> base;
  Dataset own_data;             ///< drawn or scaled for this run; empty if it uses those read
  Dataset own_validation_data;  ///< likewise
  PairSplit pairs;              ///< of rows of data(); empty without --pairs
  Split rows;                   ///< of data(); with pairs those that occur in them
  std::optional<FeatureScaling> scaling;
  PeftConfig adapter;  ///< what the adapter is, as it will be saved
  std::unique_ptr<Loss> loss;
  std::vector<ReportedMetric> metrics;
  std::unique_ptr<Loader> train_loader;
  std::unique_ptr<Loader> validation_loader;  ///< null without validation
  std::unique_ptr<FrozenCache> cache;
  std::unique_ptr<FrozenCache> validation_cache;
  std::unique_ptr<ModelObjective> objective;
  std::unique_ptr<GramSums> sums;  ///< with --gram on
  std::unique_ptr<GramObjective> sum_objective;
  std::vector<NamedParameter> trainable;
  std::unique_ptr<Optimizer> optimizer;
  std::unique_ptr<Schedule> schedule;

  Model& model() { return *base->model; }
  const Model& model() const { return *base->model; }

  const Dataset& data() const { return own_data.rows() > 0 ? own_data : inputs.data; }

  /// Empty if held-out rows come from data(), or if there are none.
  const Dataset& validation_data() const {
    return own_validation_data.rows() > 0 ? own_validation_data : inputs.validation_data;
  }

  Index steps_per_epoch(const Options& options) const;

  /// Of the whole run.
  Index total_steps(const Options& options) const;

  /// What the trainer borrows of all this.
  TrainParts parts(std::vector<Observer*> observers, std::function<bool()> stop);

  /// The rows by which the run is judged, and their kept products; nothing without validation.
  std::optional<Feed> validation();

  /// What the classes, targets or labels are called; empty if they have no names.
  const std::vector<std::string>& output_names() const;

  /// Shows each of the accumulators the outputs of the model, as it is now, for these rows.
  void evaluate(const Feed& feed, const std::vector<Metric*>& accumulators);

 private:
  void make_demo(const Options& options);
  void make_base(const Options& options);
  void hold_out(const Options& options);
  void find_scaling(const Options& options);
  void scale_features(const Options& options);
  void make_loaders(const Options& options);
  void make_pair_loaders(const Options& options);
  void make_loss_and_metrics(const Options& options);
  void make_optimizer(const Options& options);
  void keep_products(const Options& options);
  void sum_up_rows();
};

}  // namespace lora::cli
