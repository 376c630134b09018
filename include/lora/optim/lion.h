// Lion (Chen et al., 2023, arXiv 2302.06675).
#pragma once

#include <vector>

#include "lora/optim/optimizer.h"
#include "lora/optim/slots.h"

namespace lora {

/// p ← p − lr · (sign(β₁m + (1−β₁)g) + λp), m ← β₂m + (1−β₂)g, where sign(0) = 0, m = 0 at the
/// start, and λ is the weight decay of the group, in the rounding of AdamW's: p is multiplied by 1
/// − lr·λ first.
class Lion : public Optimizer {
 public:
  static constexpr OptimizerDefaults kDefaults = {0.9, 0.99, {}, {}, {}, 0};

  Lion(const OptimizerOptions& options, const std::vector<ParameterGroup>& groups);

  void step(double lr, double scale) override;
  void visit_state(StateVisitor& visitor) override;

 private:
  double beta1_;
  double beta2_;
  Slots slots_;
};

}  // namespace lora
