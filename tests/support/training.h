// A training of a linear head with everything that the trainer borrows, and data to train on.
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "lora/core/compute.h"
#include "lora/core/group.h"
#include "lora/core/rng.h"
#include "lora/core/table.h"
#include "lora/core/task.h"
#include "lora/data/dataset.h"
#include "lora/data/loader.h"
#include "lora/data/pairs.h"
#include "lora/loss/loss.h"
#include "lora/loss/metric.h"
#include "lora/model/linear_head.h"
#include "lora/nn/adapter.h"
#include "lora/optim/optimizer.h"
#include "lora/optim/parameter_groups.h"
#include "lora/train/frozen_cache.h"
#include "lora/train/objective.h"
#include "lora/train/observer.h"
#include "lora/train/trainer.h"
#include "support/same_bits.h"

namespace lora::test {

/// Rows of standard normal features with standard normal targets.
inline Dataset random_regression(Index rows, Index in, Index out, Rng& rng) {
  Dataset data;
  data.features = rng.normal(rows, in);
  data.targets = rng.normal(rows, out);
  return data;
}

/// Rows of standard normal features with random labels.
inline Dataset random_classification(Index rows, Index in, Index classes, Rng& rng) {
  Dataset data;
  data.features = rng.normal(rows, in);
  data.classes = classes;
  for (Index row = 0; row < rows; ++row) {
    data.labels.push_back(static_cast<std::int32_t>(rng.random() % static_cast<unsigned>(classes)));
  }
  return data;
}

/// Rows of standard normal features with what a task needs.
inline Dataset random_rows(Task task, Index rows, Index in, Index out, Rng& rng) {
  if (task == Task::classification) return random_classification(rows, in, out, rng);
  Dataset data = random_regression(rows, in, out, rng);
  if (task == Task::retrieval) data.targets.resize(0, 0);
  if (task == Task::multilabel) data.targets = (data.targets.array() > 0).cast<Real>();
  return data;
}

/// Each of the first rows with one of the others as its document.
inline std::vector<Pair> halves_as_pairs(Index rows) {
  std::vector<Pair> pairs;
  for (Index row = 0; row < rows / 2; ++row) pairs.push_back({row, rows / 2 + row});
  return pairs;
}

/// What one walk over a model finds.
class Walk : public Visitor {
 public:
  explicit Walk(Model& model) { model.visit(*this); }

  void parameter(const std::string& name, Parameter& parameter) override {
    parameters.push_back({name, &parameter});
    total += parameter.value.size();
    trainable += parameter.grad.size();
  }
  void frozen(const std::string& /*name*/, const FrozenMatrix& weight) override {
    total += weight.size();
  }

  std::vector<NamedParameter> parameters;
  Index trainable = 0;  ///< numbers with a gradient
  Index total = 0;      ///< all numbers
};

struct TrainingOptions {
  std::string loss = "mse";
  std::string method = "lora";
  AdapterOptions adapter;
  bool train_bias = false;
  Index batch_size = 0;
  bool shuffle = false;
  TrainConfig config;
  std::string optimizer = "adam";
  OptimizerOptions optimizer_options;
  ParameterGroupOptions groups;
  int threads = 1;
  std::vector<Index> rows;  ///< that train; all of them if there are none
  LossOptions loss_options;
  std::vector<Pair> pairs;  ///< that train, in place of rows
};

/// Owns what a trainer borrows. `rng` goes on where the drawing of data and base has stopped.
struct Training {
  Training(Dataset training_data, Linear base, Rng rng_so_far, TrainingOptions training_options)
      : options(std::move(training_options)),
        data(std::move(training_data)),
        rng(std::move(rng_so_far)),
        compute{options.threads},
        model("linear", adapted(std::move(base))),
        loss(find_entry(loss_kinds(), "loss", options.loss).make(options.loss_options)),
        objective(model, *loss),
        loader(make_loader()),
        cache(model, data, compute),
        optimizer(make_optimizer()) {}

  Training(const Training&) = delete;
  Training& operator=(const Training&) = delete;
  ~Training() = default;

  /// What to make a trainer of; a test may change it first.
  TrainParts parts() {
    return {objective, *optimizer, trainable(), Feed{loader, cache}, std::nullopt, {}, rng, compute,
            group,     {},         {}};
  }

  Trainer trainer() { return {options.config, parts()}; }

  /// The value of the parameter called "linear." + `name`.
  const Matrix& value(const std::string& name) {
    for (const NamedParameter& named : Walk(model).parameters) {
      if (named.name == "linear." + name) return named.parameter->value;
    }
    throw std::invalid_argument("the model has no " + name);
  }
  const Matrix& A() { return value("lora_A.weight"); }
  const Matrix& B() { return value("lora_B.weight"); }
  const Matrix& bias() { return value("bias"); }

  /// Every parameter's numbers, one after the other.
  std::vector<Real> numbers() {
    std::vector<Real> all;
    for (const NamedParameter& named : Walk(model).parameters) {
      const Matrix& value = named.parameter->value;
      all.insert(all.end(), value.data(), value.data() + value.size());
    }
    return all;
  }

  TrainingOptions options;
  Dataset data;
  Rng rng;
  Compute compute;
  LinearHead model;
  std::unique_ptr<Loss> loss;
  ModelObjective objective;
  Loader loader;
  FrozenCache cache;
  std::unique_ptr<Optimizer> optimizer;
  SingleProcess group;

 private:
  Loader make_loader() const {
    if (!options.pairs.empty()) return {data, options.pairs, options.batch_size, options.shuffle};
    return {data, options.rows.empty() ? all_rows(data.rows()) : options.rows, options.batch_size,
            options.shuffle};
  }

  Linear adapted(Linear base) {
    const AdapterKind& kind = find_entry(adapter_kinds(), "adapter", options.method);
    base.attach(kind.make(options.adapter, base.weight(), rng));
    if (options.train_bias) base.bias()->set_trainable(true);
    return base;
  }

  std::vector<NamedParameter> trainable() {
    std::vector<NamedParameter> parameters = Walk(model).parameters;
    std::erase_if(parameters, [](const NamedParameter& p) { return !p.parameter->trainable(); });
    return parameters;
  }

  std::unique_ptr<Optimizer> make_optimizer() {
    std::vector<TrainedParameter> parameters;
    for (const NamedParameter& named : trainable()) {
      const Parameter* bias = model.linear().bias();
      const ParameterRole role = named.parameter == bias                ? ParameterRole::bias
                                 : named.name == "linear.lora_B.weight" ? ParameterRole::lora_b
                                 : named.name == "linear.lora_magnitude_vector"
                                     ? ParameterRole::magnitude
                                     : ParameterRole::weight;
      parameters.push_back({named.parameter, role});
    }
    return find_entry(optimizer_kinds(), "optimiser", options.optimizer)
        .make(options.optimizer_options, parameter_groups(parameters, options.groups));
  }
};

/// Ten rows of six features with three outputs.
inline Training ten_rows(const std::string& loss, TrainingOptions options) {
  Rng rng(1);
  options.loss = loss;
  Dataset data =
      loss == "mse" ? random_regression(10, 6, 3, rng) : random_classification(10, 6, 3, rng);
  Linear base = Linear::drawn(6, 3, rng);
  return {std::move(data), std::move(base), std::move(rng), std::move(options)};
}

/// Remembers what it is told.
class RememberingObserver : public Observer {
 public:
  void on_first_validation(const Figures& figures) override { first_validation.push_back(figures); }
  void on_epoch(const EpochRecord& record) override { epochs.push_back(record); }

  std::vector<Figures> first_validation;
  std::vector<EpochRecord> epochs;
};

/// A whole run with the parts of `training`, and what an observer sees of it.
inline TrainResult run(const Training& training, TrainParts parts, RememberingObserver& observer) {
  parts.observers.push_back(&observer);
  return Trainer(training.options.config, std::move(parts)).run();
}

/// Trains to the end and returns the loss of each epoch.
inline std::vector<double> losses_of_epochs(Training& training) {
  RememberingObserver observer;
  run(training, training.parts(), observer);
  std::vector<double> losses;
  for (const EpochRecord& record : observer.epochs) losses.push_back(record.loss);
  return losses;
}

/// Trains to the end and returns the loss of each step.
inline std::vector<LossSum> losses_of_steps(Training& training) {
  std::vector<LossSum> losses;
  Trainer trainer = training.trainer();
  for (Index epoch = 0; epoch < training.options.config.epochs; ++epoch) {
    trainer.start_epoch();
    while (const std::optional<LossSum> loss = trainer.step()) losses.push_back(*loss);
  }
  return losses;
}

/// How far a loss is from the expected one, in parts of what lora-train may be off by: at most 1 is
/// right. `first` is the first loss of the run.
inline double loss_error(double loss, double expected, double first) {
  return std::abs(loss - expected) / (1e-6 * expected + 1e-7 * first);
}

/// A mean loss as it is reported.
inline double as_float32(const LossSum& loss) {
  return static_cast<double>(static_cast<float>(loss.mean()));
}

}  // namespace lora::test
