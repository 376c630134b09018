// How far outputs point away from their targets, as 1 − torch.nn.functional.cosine_similarity.
#pragma once

#include <memory>

#include "lora/loss/loss.h"

namespace lora {

/// Of a row: 1 − y·t / (max(|y|, 1e-8) · max(|t|, 1e-8)), so that a vector of zeros has the loss 1.
/// With row weights w (1 if there are none) the sum is that of w · loss, weight = Σ w. The gradient
/// is PyTorch's, which differentiates a norm as if it were not held above 1e-8.
class CosineDistance : public Loss {
 public:
  static std::unique_ptr<Loss> make(const LossOptions& /*options*/) {
    return std::make_unique<CosineDistance>();
  }

  LossSum evaluate(const View& output, const Batch& batch, MutableView* grad,
                   const Compute& compute) const override;
};

}  // namespace lora
