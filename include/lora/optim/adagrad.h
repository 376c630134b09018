// Adagrad (Duchi, Hazan and Singer, 2011, JMLR 12), in the form and rounding of torch.optim.Adagrad
// on a CPU.
#pragma once

#include <vector>

#include "lora/optim/optimizer.h"
#include "lora/optim/slots.h"

namespace lora {

/// v ← v + g², p ← p − lr · g / (√v + ε), with v = 0 at the start. The weight decay of a group is
/// added to its gradients (L2).
class Adagrad : public Optimizer {
 public:
  static constexpr OptimizerDefaults kDefaults = {{}, {}, 1e-10, {}, {}, 0};

  Adagrad(const OptimizerOptions& options, const std::vector<ParameterGroup>& groups);

  void step(double lr, double scale) override;
  void visit_state(StateVisitor& visitor) override;

 private:
  double eps_;
  Slots slots_;
};

}  // namespace lora
