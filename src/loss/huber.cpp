#include "lora/loss/huber.h"

#include <cmath>

#include "lora/core/error.h"
#include "row_sums.h"

namespace lora {

HuberLoss::HuberLoss(double delta) : delta_(delta) {
  if (std::isfinite(delta) && delta > 0) return;
  throw Error(ErrorKind::usage, "the Huber delta is ", delta,
              "; it must be a finite number above 0: the error from which on the loss is linear");
}

LossSum HuberLoss::evaluate(const View& output, const Batch& batch, MutableView* grad,
                            const Compute& compute) const {
  return sum_over_elements(output, batch, grad, compute, [this](double y, double t) {
    const double error = y - t;
    const double size = std::abs(error);
    if (size <= delta_) return ElementLoss{error * error / 2, error};
    return ElementLoss{delta_ * (size - delta_ / 2), std::copysign(delta_, error)};
  });
}

}  // namespace lora
