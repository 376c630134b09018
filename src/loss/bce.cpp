#include "lora/loss/bce.h"

#include <cmath>

#include "row_sums.h"

namespace lora {

namespace {

/// Each of the two shares of the target has its own term, so that a small loss or derivative is not
/// what is left of two large numbers.
ElementLoss logit_loss(double y, double t) {
  const double small = std::exp(-std::abs(y));
  const double unlikely = small / (1 + small);
  const double likely = 1 / (1 + small);
  const double positive = y > 0 ? likely : unlikely;
  const double negative = y > 0 ? unlikely : likely;
  const double wrong_side = y > 0 ? (1 - t) * y : -t * y;
  return {std::log1p(small) + wrong_side, (1 - t) * positive - t * negative};
}

}  // namespace

LossSum BinaryCrossEntropy::evaluate(const View& output, const Batch& batch, MutableView* grad,
                                     const Compute& compute) const {
  return sum_over_elements(output, batch, grad, compute, logit_loss);
}

}  // namespace lora
