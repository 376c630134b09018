#include "lora/loss/l1.h"

#include <cmath>

#include "row_sums.h"

namespace lora {

LossSum L1Loss::evaluate(const View& output, const Batch& batch, MutableView* grad,
                         const Compute& compute) const {
  return sum_over_elements(output, batch, grad, compute, [](double y, double t) {
    const double error = y - t;
    const double sign = error == 0 ? 0 : std::copysign(1.0, error);
    return ElementLoss{std::abs(error), sign};
  });
}

}  // namespace lora
