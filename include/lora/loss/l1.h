// Mean absolute error over rows and outputs, as torch.nn.L1Loss.
#pragma once

#include <memory>

#include "lora/loss/loss.h"

namespace lora {

/// With row weights w (1 if there are none): sum = Σ w |y − t|, weight = Σ w · outputs. Where y = t
/// the gradient is 0.
class L1Loss : public Loss {
 public:
  static std::unique_ptr<Loss> make(const LossOptions& /*options*/) {
    return std::make_unique<L1Loss>();
  }

  LossSum evaluate(const View& output, const Batch& batch, MutableView* grad,
                   const Compute& compute) const override;
};

}  // namespace lora
