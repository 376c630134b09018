#include "lora/loss/cross_entropy.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "lora/ops/parallel.h"

namespace lora {

namespace {

/// −log softmax(y)[label] for one row; writes softmax(y) − onehot(label) to dy unless it is null.
/// The label's term is kept apart from the others: beside a 1, small ones would vanish.
double row_loss(const Real* y, Index classes, Index label, Real* dy) {
  const auto top = static_cast<double>(*std::max_element(y, y + classes));
  const auto term = [&](Index j) { return std::exp(static_cast<double>(y[j]) - top); };
  const double own = term(label);
  double others = 0;
  for (Index j = 0; j < classes; ++j) {
    if (j != label) others += term(j);
  }
  const double total = own + others;
  if (dy != nullptr) {
    for (Index j = 0; j < classes; ++j) dy[j] = static_cast<Real>(term(j) / total);
    dy[label] = static_cast<Real>(-others / total);
  }
  return own == 1 ? std::log1p(others) : std::log(total) + (top - static_cast<double>(y[label]));
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
