// From options to the objects of a run, all owned in one place.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lora/core/compute.h"
#include "lora/core/group.h"
#include "lora/core/rng.h"
#include "lora/core/task.h"
#include "lora/data/dataset.h"
#include "lora/data/loader.h"
#include "lora/io/weight_file.h"
#include "lora/loss/loss.h"
#include "lora/loss/metric.h"
#include "lora/model/linear_head.h"
#include "lora/nn/adapter.h"
#include "lora/optim/optimizer.h"
#include "lora/train/frozen_cache.h"
#include "lora/train/objective.h"
#include "lora/train/trainer.h"
#include "options.h"

namespace lora::cli {

/// How many numbers a model has, and how many of them are trained.
struct Counts {
  Index trainable = 0;
  Index total = 0;
};

/// Owns everything below the trainer. Members stand in the order of their making: later ones refer
/// to earlier ones.
struct Run {
  explicit Run(const Options& options);
  ~Run() = default;
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  Run(Run&&) = delete;
  Run& operator=(Run&&) = delete;

  AdapterOptions adapter_options;
  Task task;
  Compute compute;
  SingleProcess group;
  Rng rng;
  std::string base_name;  ///< "base.safetensors:head.weight", or empty if the base was drawn
  std::string base_dtype;
  std::shared_ptr<const void> base_mapping;
  Dataset data;
  Dataset validation_data;  ///< empty if held-out rows come from `data`, or if there are none
  std::optional<LinearHead> model;
  std::unique_ptr<Loss> loss;
  std::vector<ReportedMetric> metrics;
  std::unique_ptr<Loader> train_loader;
  std::unique_ptr<Loader> validation_loader;  ///< null without validation
  std::unique_ptr<FrozenCache> cache;
  std::unique_ptr<FrozenCache> validation_cache;
  std::unique_ptr<ModelObjective> objective;
  std::vector<NamedParameter> trainable;
  std::unique_ptr<Optimizer> optimizer;

  /// What the trainer borrows of all this.
  TrainParts parts(std::vector<Observer*> observers, std::function<bool()> stop);

  Counts counts();

 private:
  void make_demo(const Options& options);
  void read_files(const Options& options);
  void attach_adapter(const Options& options);
  void make_loaders(const Options& options);
  void make_optimizer(const Options& options);
};

}  // namespace lora::cli
