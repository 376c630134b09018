// Gradient descent with momentum (Sutskever et al., 2013, ICML), in the form and rounding of
// torch.optim.SGD without dampening on a CPU.
#pragma once

#include <vector>

#include "lora/optim/optimizer.h"
#include "lora/optim/slots.h"

namespace lora {

/// m ← μm + g with m = 0 at the start, p ← p − lr·m, or with Nesterov's look ahead p ← p − lr·(g
/// + μm). Without momentum p ← p − lr·g, and nothing is remembered. The weight decay of a group is
/// added to its gradients (L2).
class Sgd : public Optimizer {
 public:
  static constexpr OptimizerDefaults kDefaults = {{}, {}, {}, 0.0, false, 0};

  /// Throws Error(usage) for nesterov without a momentum.
  Sgd(const OptimizerOptions& options, const std::vector<ParameterGroup>& groups);

  void step(double lr, double scale) override;
  void visit_state(StateVisitor& visitor) override;

 private:
  double momentum_;
  bool nesterov_;
  Slots slots_;
};

}  // namespace lora
