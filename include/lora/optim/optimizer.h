// How gradients change parameters, and the table of its kinds.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "lora/core/parameter.h"
#include "lora/core/state.h"

namespace lora {

/// Parameters that are treated alike.
struct ParameterGroup {
  std::vector<Parameter*> parameters;
  double weight_decay = 0;
};

class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// One step for all parameters together, at learning rate `lr`, with every gradient multiplied by
  /// `scale` first (one over the weight of the loss).
  virtual void step(double lr, double scale) = 0;

  /// Its moments and counters.
  virtual void visit_state(StateVisitor& visitor) = 0;
};

/// What is absent takes the optimiser's own default.
struct OptimizerOptions {
  std::optional<double> beta1;
  std::optional<double> beta2;
  std::optional<double> eps;
};

struct OptimizerKind {
  std::string_view name;
  std::string_view help;
  std::unique_ptr<Optimizer> (*make)(const OptimizerOptions&, const std::vector<ParameterGroup>&);
};

std::span<const OptimizerKind> optimizer_kinds();

}  // namespace lora
