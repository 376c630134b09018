// Adam (Kingma and Ba, 2015, arXiv 1412.6980) and AdamW (Loshchilov and Hutter, 2019, arXiv
// 1711.05101), in the form and rounding of torch.optim.Adam and AdamW on a CPU.
#pragma once

#include <cstdint>
#include <vector>

#include "lora/optim/optimizer.h"
#include "lora/optim/slots.h"

namespace lora {

/// How weight decay λ acts: added to the gradient as λp (L2), or on the parameter alone, which is
/// multiplied by 1 − lr·λ before the step.
enum class WeightDecay { l2, decoupled };

/// m ← m + (1−β₁)(g − m), v ← β₂v + (1−β₂)g², p ← p − lr/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε), with m =
/// v = 0 at the start and t the number of the step, from 1.
class Adam : public Optimizer {
 public:
  static constexpr OptimizerDefaults kDefaults = {0.9, 0.999, 1e-8, {}, {}, 0};
  static constexpr OptimizerDefaults kDecoupledDefaults = {0.9, 0.999, 1e-8, {}, {}, 0.01};

  Adam(const OptimizerOptions& options, const std::vector<ParameterGroup>& groups,
       WeightDecay weight_decay = WeightDecay::l2);

  void step(double lr, double scale) override;
  void visit_state(StateVisitor& visitor) override;

 private:
  double beta1_;
  double beta2_;
  double eps_;
  WeightDecay weight_decay_;
  std::int64_t time_ = 0;
  Slots slots_;
};

}  // namespace lora
