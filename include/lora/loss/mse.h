// Mean squared error over rows and outputs, as torch.nn.MSELoss.
#pragma once

#include <memory>

#include "lora/loss/loss.h"

namespace lora {

/// sum = Σ (y − t)², weight = rows · outputs.
class MeanSquaredError : public Loss {
 public:
  static std::unique_ptr<Loss> make() { return std::make_unique<MeanSquaredError>(); }

  LossSum evaluate(const View& output, const Batch& batch, MutableView* grad,
                   const Compute& compute) const override;
};

}  // namespace lora
