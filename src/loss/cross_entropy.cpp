#include "lora/loss/cross_entropy.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <utility>

#include "lora/core/error.h"
#include "lora/loss/rows.h"
#include "row_sums.h"
#include "softmax.h"

namespace lora {

double negative_log_likelihood(const Real* y, Index classes, Index label) {
  return softmax_loss<Real>(y, classes, label, 1, nullptr);
}

CrossEntropy::CrossEntropy(std::vector<double> class_weights, double label_smoothing)
    : class_weights_(std::move(class_weights)), label_smoothing_(label_smoothing) {
  if (!(label_smoothing >= 0 && label_smoothing <= 1)) {
    throw Error(ErrorKind::usage, "the label smoothing is ", label_smoothing,
                "; it must be from 0 to 1");
  }
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
  const double sum = sum_over_rows(output, batch, compute, [&](Index i, double count) {
    const Real* y = output.row(i).data();
    const Index label = batch.labels[static_cast<std::size_t>(i)];
    Real* dy = grad == nullptr ? nullptr : grad->row(i).data();
    if (label_smoothing_ > 0) return smooth_loss(y, output.cols(), label, count, dy);
    const double weight = count * class_weight(label);
    return weight * softmax_loss(y, output.cols(), label, weight, dy);
  });
  if (class_weights_.empty()) return {sum, total_weight(batch)};
  double weight = 0;
  for (Index i = 0; i < output.rows(); ++i) {
    weight += row_weight(batch, i) * class_weight(batch.labels[static_cast<std::size_t>(i)]);
  }
  return {sum, weight};
}

double CrossEntropy::class_weight(Index label) const {
  return class_weights_.empty() ? 1 : class_weights_[static_cast<std::size_t>(label)];
}

/// Σ a[j] · −log softmax(y)[j] for one row, where a[j] is what the smoothed target, the class's
/// weight and `weight` make; writes Σ a · softmax(y) − a to dy unless it is null.
double CrossEntropy::smooth_loss(const Real* y, Index classes, Index label, double weight,
                                 Real* dy) const {
  const Index largest = std::max_element(y, y + classes) - y;
  const auto gap = [&](Index j) {
    return static_cast<double>(y[largest]) - static_cast<double>(y[j]);
  };
  const double share = label_smoothing_ / static_cast<double>(classes);
  const auto target = [&](Index j) {
    return weight * class_weight(j) * (share + (j == label ? 1 - label_smoothing_ : 0));
  };
  double others = 0;  // beside the largest one's 1
  double targets = 0;
  double gaps = 0;
  for (Index j = 0; j < classes; ++j) {
    if (j != largest) others += std::exp(-gap(j));
    targets += target(j);
    gaps += target(j) * gap(j);
  }
  if (dy != nullptr) {
    for (Index j = 0; j < classes; ++j) {
      dy[j] = static_cast<Real>(targets * (std::exp(-gap(j)) / (1 + others)) - target(j));
    }
  }
  return gaps + targets * std::log1p(others);
}

}  // namespace lora
