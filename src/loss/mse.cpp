#include "lora/loss/mse.h"

#include "lora/loss/rows.h"
#include "row_sums.h"

namespace lora {

namespace {

double squared_distance(const Real* y, const Real* t, Index n) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (Index j = 0; j < n; ++j) {
    const double difference = y[j] - t[j];
    sum += difference * difference;
  }
  return sum;
}

}  // namespace

LossSum MeanSquaredError::evaluate(const View& output, const Batch& batch, MutableView* grad,
                                   const Compute& compute) const {
  const View& targets = *batch.targets;
  const double sum = sum_over_rows(output, batch, compute, [&](Index i, double weight) {
    if (grad != nullptr) {
      grad->row(i) = static_cast<Real>(2 * weight) * (output.row(i) - targets.row(i));
    }
    return weight * squared_distance(output.row(i).data(), targets.row(i).data(), output.cols());
  });
  return {sum, total_weight(batch) * static_cast<double>(output.cols())};
}

}  // namespace lora
