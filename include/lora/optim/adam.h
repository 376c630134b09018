// Adam (Kingma and Ba, 2015, arXiv 1412.6980) in the form and rounding of torch.optim.Adam on a
// CPU.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "lora/core/matrix.h"
#include "lora/optim/optimizer.h"

namespace lora {

/// m ← m + (1−β₁)(g − m), v ← β₂v + (1−β₂)g², p ← p − lr/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε). The
/// weight decay of a group is added to its gradients (L2).
class Adam : public Optimizer {
 public:
  Adam(const OptimizerOptions& options, const std::vector<ParameterGroup>& groups);
  static std::unique_ptr<Optimizer> make(const OptimizerOptions& options,
                                         const std::vector<ParameterGroup>& groups);

  void step(double lr, double scale) override;
  void visit_state(StateVisitor& visitor) override;

 private:
  struct Slot {
    Parameter* parameter;
    double weight_decay;
    Matrix m;
    Matrix v;
  };

  double beta1_;
  double beta2_;
  double eps_;
  std::int64_t time_ = 0;
  std::vector<Slot> slots_;
};

}  // namespace lora
