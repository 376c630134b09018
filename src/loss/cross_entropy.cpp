#include "lora/loss/cross_entropy.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <utility>

#include "lora/core/error.h"
#include "lora/loss/rows.h"
#include "lora/ops/parallel.h"

namespace lora {

namespace {

/// −log softmax(y)[label] for one row; writes weight · (softmax(y) − onehot(label)) to dy unless it
/// is null. The label's term is kept apart from the others: beside a 1, small ones would vanish.
double row_loss(const Real* y, Index classes, Index label, double weight, Real* dy) {
  const auto top = static_cast<double>(*std::max_element(y, y + classes));
  const auto term = [&](Index j) { return std::exp(static_cast<double>(y[j]) - top); };
  const double own = term(label);
  double others = 0;
  for (Index j = 0; j < classes; ++j) {
    if (j != label) others += term(j);
  }
  const double total = own + others;
  if (dy != nullptr) {
    for (Index j = 0; j < classes; ++j) dy[j] = static_cast<Real>(weight * (term(j) / total));
    dy[label] = static_cast<Real>(weight * (-others / total));
  }
  return own == 1 ? std::log1p(others) : std::log(total) + (top - static_cast<double>(y[label]));
}

}  // namespace

double negative_log_likelihood(const Real* y, Index classes, Index label) {
  return row_loss(y, classes, label, 1, nullptr);
}

CrossEntropy::CrossEntropy(std::vector<double> class_weights)
    : class_weights_(std::move(class_weights)) {
  for (std::size_t i = 0; i < class_weights_.size(); ++i) {
    if (std::isfinite(class_weights_[i]) && class_weights_[i] >= 0) continue;
    throw Error(ErrorKind::usage, "the weight of class ", i, " is ", class_weights_[i],
                "; class weights are finite numbers of at least 0");
  }
}

LossSum CrossEntropy::evaluate(const View& output, const Batch& batch, MutableView* grad,
                               const Compute& compute) const {
  if (!class_weights_.empty() && std::ssize(class_weights_) != output.cols()) {
    throw Error(ErrorKind::usage, class_weights_.size(), " class weights for ", output.cols(),
                " classes; give one for each class");
  }
  const Index n = output.rows();
  const double sum = sum_over_blocks(
      compute, block_count(n), static_cast<double>(output.size()), [&](Index block) {
        const Index end = std::min((block + 1) * kBlockRows, n);
        double block_sum = 0;
        for (Index i = block * kBlockRows; i < end; ++i) {
          const double weight = weight_of(batch, i);
          block_sum += weight * row_loss(output.row(i).data(), output.cols(),
                                         batch.labels[static_cast<std::size_t>(i)], weight,
                                         grad == nullptr ? nullptr : grad->row(i).data());
        }
        return block_sum;
      });
  if (class_weights_.empty()) return {sum, total_weight(batch)};
  double weight = 0;
  for (Index i = 0; i < n; ++i) weight += weight_of(batch, i);
  return {sum, weight};
}

double CrossEntropy::weight_of(const Batch& batch, Index row) const {
  const double weight = row_weight(batch, row);
  if (class_weights_.empty()) return weight;
  const auto label = static_cast<std::size_t>(batch.labels[static_cast<std::size_t>(row)]);
  return weight * class_weights_[label];
}

}  // namespace lora
