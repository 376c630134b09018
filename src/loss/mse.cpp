#include "lora/loss/mse.h"

#include <algorithm>

#include "lora/ops/parallel.h"

namespace lora {

namespace {

double squared_distance(const Real* y, const Real* t, Index n) {
  double sum = 0;
#ifdef _OPENMP
#pragma omp simd reduction(+ : sum)
#endif
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
  const Index n = output.rows();
  const auto elements = static_cast<double>(output.size());

  const double sum = sum_over_blocks(compute, block_count(n), elements, [&](Index block) {
    const Index end = std::min((block + 1) * kBlockRows, n);
    double block_sum = 0;
    for (Index i = block * kBlockRows; i < end; ++i) {
      block_sum += squared_distance(output.row(i).data(), targets.row(i).data(), output.cols());
      if (grad != nullptr) grad->row(i) = Real{2} * (output.row(i) - targets.row(i));
    }
    return block_sum;
  });
  return {sum, elements};
}

}  // namespace lora
