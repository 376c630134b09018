// Cross-entropy of a softmax, as torch.nn.CrossEntropyLoss.
#pragma once

#include <memory>

#include "lora/loss/loss.h"

namespace lora {

/// sum = Σ over rows of −log softmax(y)[label], weight = rows.
class CrossEntropy : public Loss {
 public:
  static std::unique_ptr<Loss> make() { return std::make_unique<CrossEntropy>(); }

  LossSum evaluate(const View& output, const Batch& batch, MutableView* grad,
                   const Compute& compute) const override;
};

}  // namespace lora
