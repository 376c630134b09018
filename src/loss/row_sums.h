// The loop over the rows of a batch that every loss of rows shares.
#pragma once

#include <algorithm>

#include "lora/core/batch.h"
#include "lora/core/compute.h"
#include "lora/core/matrix.h"
#include "lora/loss/loss.h"
#include "lora/loss/rows.h"
#include "lora/ops/parallel.h"

namespace lora {

/// The sum of `row_loss(i, weight)` over all rows of `output`, where row i counts `weight` times;
/// row_loss multiplies by it. A batch without weights costs no multiplication by 1.
template <class RowLoss>
double sum_over_rows(const View& output, const Batch& batch, const Compute& compute,
                     const RowLoss& row_loss) {
  const Index n = output.rows();
  const auto sum = [&](const auto& weight) {
    return sum_over_blocks(compute, block_count(n), static_cast<double>(output.size()),
                           [&](Index block) {
                             const Index end = std::min((block + 1) * kBlockRows, n);
                             double block_sum = 0;
                             for (Index i = block * kBlockRows; i < end; ++i) {
                               block_sum += row_loss(i, weight(i));
                             }
                             return block_sum;
                           });
  };
  if (batch.weights.empty()) return sum([](Index /*row*/) { return 1.0; });
  return sum([&](Index row) { return row_weight(batch, row); });
}

struct ElementLoss {
  double loss;
  double derivative;  ///< by the output
};

/// A loss that compares numbers one by one: the sum of `element(y, t)` over rows and outputs; the
/// weight is the number of elements.
template <class Element>
LossSum sum_over_elements(const View& output, const Batch& batch, MutableView* grad,
                          const Compute& compute, const Element& element) {
  const View& targets = *batch.targets;
  const double sum = sum_over_rows(output, batch, compute, [&](Index i, double weight) {
    double row_sum = 0;
    for (Index j = 0; j < output.cols(); ++j) {
      const ElementLoss of_element =
          element(static_cast<double>(output(i, j)), static_cast<double>(targets(i, j)));
      row_sum += of_element.loss;
      if (grad != nullptr) (*grad)(i, j) = static_cast<Real>(weight * of_element.derivative);
    }
    return weight * row_sum;
  });
  return {sum, total_weight(batch) * static_cast<double>(output.cols())};
}

}  // namespace lora
