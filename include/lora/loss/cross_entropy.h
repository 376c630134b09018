// Cross-entropy of a softmax, as torch.nn.CrossEntropyLoss.
#pragma once

#include <memory>
#include <vector>

#include "lora/loss/loss.h"

namespace lora {

/// −log softmax(y)[label] of the logits y of one row. Finite for any finite logits.
double negative_log_likelihood(const Real* y, Index classes, Index label);

/// With row weights w and class weights c (1 if there are none), the mean being PyTorch's own:
/// sum = Σ over rows of w · c[label] · −log softmax(y)[label], weight = Σ w · c[label].
/// Label smoothing e takes (1 − e) of that and e of w · Σ c[j] · −log softmax(y)[j] / classes; the
/// weight stays what it is.
class CrossEntropy : public Loss {
 public:
  /// Throws Error(usage) unless every class weight is a finite number of at least 0, and the
  /// smoothing is from 0 to 1.
  explicit CrossEntropy(std::vector<double> class_weights = {}, double label_smoothing = 0);
  static std::unique_ptr<Loss> make(const LossOptions& options) {
    return std::make_unique<CrossEntropy>(options.class_weights, options.label_smoothing);
  }

  /// Throws Error(usage) if there are class weights, but not one for each output.
  LossSum evaluate(const View& output, const Batch& batch, MutableView* grad,
                   const Compute& compute) const override;

 private:
  double class_weight(Index label) const;
  double smooth_loss(const Real* y, Index classes, Index label, double weight, Real* dy) const;

  std::vector<double> class_weights_;
  double label_smoothing_;
};

}  // namespace lora
