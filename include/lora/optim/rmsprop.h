// RMSprop (Tieleman and Hinton, 2012, lecture 6.5 of Neural Networks for Machine Learning), in the
// form and rounding of torch.optim.RMSprop, not centred, on a CPU.
#pragma once

#include <vector>

#include "lora/optim/optimizer.h"
#include "lora/optim/slots.h"

namespace lora {

/// v ← β₂v + (1−β₂)g², m ← μm + g / (√v + ε), p ← p − lr·m; v = m = 0 at the start, and PyTorch
/// calls β₂ alpha. The weight decay of a group is added to its gradients (L2).
class RmsProp : public Optimizer {
 public:
  static constexpr OptimizerDefaults kDefaults = {{}, 0.99, 1e-8, 0.0, {}, 0};

  RmsProp(const OptimizerOptions& options, const std::vector<ParameterGroup>& groups);

  void step(double lr, double scale) override;
  void visit_state(StateVisitor& visitor) override;

 private:
  double beta2_;
  double eps_;
  double momentum_;
  Slots slots_;
};

}  // namespace lora
