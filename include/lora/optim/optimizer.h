// How gradients change parameters, and the table of its kinds.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lora/core/parameter.h"
#include "lora/core/state.h"

namespace lora {

/// Parameters that are treated alike.
struct ParameterGroup {
  std::vector<Parameter*> parameters = {};
  double weight_decay = 0;
  double lr_ratio = 1;  ///< the group's learning rate, as a share of the step's
};

/// Made for groups of trainable parameters, which must outlive it.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// One step for all parameters together, at learning rate `lr`, with every gradient multiplied by
  /// `scale` first (one over the weight of the loss). Changes values and leaves gradients as they
  /// are: whoever adds to them next makes them 0 first.
  virtual void step(double lr, double scale) = 0;

  /// Its moments and counters.
  virtual void visit_state(StateVisitor& visitor) = 0;
};

/// What is absent takes the optimiser's own default. An optimiser passes over what it does not use.
struct OptimizerOptions {
  std::optional<double> beta1 = {};
  std::optional<double> beta2 = {};
  std::optional<double> eps = {};
  double momentum = 0;
  bool nesterov = false;
};

/// What an optimiser takes for options that are not given. An option without a value here is one
/// that the optimiser does not use; every optimiser uses weight decay.
struct OptimizerDefaults {
  std::optional<double> beta1;
  std::optional<double> beta2;
  std::optional<double> eps;
  std::optional<double> momentum;
  std::optional<bool> nesterov;
  double weight_decay = 0;  ///< for whoever makes the groups
};

struct OptimizerKind {
  std::string_view name;
  std::string_view help;  ///< what it is good for, and who described it
  OptimizerDefaults defaults;
  /// Throws Error(usage) for options that contradict each other.
  std::unique_ptr<Optimizer> (*make)(const OptimizerOptions&, const std::vector<ParameterGroup>&);
};

std::span<const OptimizerKind> optimizer_kinds();

/// Which of "beta1", "beta2", "eps", "momentum" and "nesterov" an optimiser uses, in this order.
std::vector<std::string> used_options(const OptimizerKind& kind);

}  // namespace lora
