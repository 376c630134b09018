// Squares for small errors, absolute values for large ones, as torch.nn.HuberLoss.
#pragma once

#include <memory>

#include "lora/loss/loss.h"

namespace lora {

/// Of an error e = y − t: e²/2 up to |e| = delta, delta · (|e| − delta/2) from there on, so that an
/// outlier pulls with no more than delta. With row weights w (1 if there are none) the sum is that
/// of w · loss, weight = Σ w · outputs.
class HuberLoss : public Loss {
 public:
  /// Throws Error(usage) unless delta is a finite number above 0.
  explicit HuberLoss(double delta);
  static std::unique_ptr<Loss> make(const LossOptions& options) {
    return std::make_unique<HuberLoss>(options.huber_delta);
  }

  LossSum evaluate(const View& output, const Batch& batch, MutableView* grad,
                   const Compute& compute) const override;

 private:
  double delta_;
};

}  // namespace lora
