// Mean squared error over rows and outputs, as torch.nn.MSELoss.
#pragma once

#include <memory>

#include "lora/loss/loss.h"

namespace lora {

/// With row weights w (1 if there are none): sum = Σ w (y − t)², weight = Σ w · outputs.
class MeanSquaredError : public Loss {
 public:
  static std::unique_ptr<Loss> make(const LossOptions& /*options*/) {
    return std::make_unique<MeanSquaredError>();
  }

  LossSum evaluate(const View& output, const Batch& batch, MutableView* grad,
                   const Compute& compute) const override;
};

}  // namespace lora
