#include "lora/loss/mse.h"

#include <algorithm>

#include "lora/loss/rows.h"
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

/// The sum over all rows, of which row i counts weight(i) times. A constant weight costs nothing.
template <class Weight>
double weighted_sum(const View& output, const View& targets, MutableView* grad,
                    const Compute& compute, const Weight& weight) {
  const Index n = output.rows();
  const auto elements = static_cast<double>(output.size());
  return sum_over_blocks(compute, block_count(n), elements, [&](Index block) {
    const Index end = std::min((block + 1) * kBlockRows, n);
    double block_sum = 0;
    for (Index i = block * kBlockRows; i < end; ++i) {
      block_sum +=
          weight(i) * squared_distance(output.row(i).data(), targets.row(i).data(), output.cols());
      if (grad != nullptr) {
        grad->row(i) = static_cast<Real>(2 * weight(i)) * (output.row(i) - targets.row(i));
      }
    }
    return block_sum;
  });
}

}  // namespace

LossSum MeanSquaredError::evaluate(const View& output, const Batch& batch, MutableView* grad,
                                   const Compute& compute) const {
  const auto sum = [&](const auto& weight) {
    return weighted_sum(output, *batch.targets, grad, compute, weight);
  };
  const double total = batch.weights.empty()
                           ? sum([](Index /*row*/) { return 1.0; })
                           : sum([&](Index row) { return row_weight(batch, row); });
  return {total, total_weight(batch) * static_cast<double>(output.cols())};
}

}  // namespace lora
