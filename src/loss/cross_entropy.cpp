#include "lora/loss/cross_entropy.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "lora/ops/parallel.h"

namespace lora {

namespace {

/// −log softmax(y)[label] for one row; writes softmax(y) − onehot(label) to dy unless it is null.
double row_loss(const Real* y, Index classes, Index label, Real* dy) {
  const Real top = *std::max_element(y, y + classes);
  double total = 0;
  for (Index j = 0; j < classes; ++j) total += std::exp(static_cast<double>(y[j] - top));
  if (dy != nullptr) {
    for (Index j = 0; j < classes; ++j) {
      dy[j] = static_cast<Real>(std::exp(static_cast<double>(y[j] - top)) / total);
    }
    dy[label] -= Real{1};
  }
  return std::log(total) - static_cast<double>(y[label] - top);
}

}  // namespace

LossSum CrossEntropy::evaluate(const View& output, const Batch& batch, MutableView* grad,
                               const Compute& compute) const {
  const Index n = output.rows();
  const double sum = sum_over_blocks(
      compute, block_count(n), static_cast<double>(output.size()), [&](Index block) {
        const Index end = std::min((block + 1) * kBlockRows, n);
        double block_sum = 0;
        for (Index i = block * kBlockRows; i < end; ++i) {
          block_sum += row_loss(output.row(i).data(), output.cols(),
                                batch.labels[static_cast<std::size_t>(i)],
                                grad == nullptr ? nullptr : grad->row(i).data());
        }
        return block_sum;
      });
  return {sum, static_cast<double>(n)};
}

}  // namespace lora
