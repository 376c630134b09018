// Cross-entropy of a sigmoid for each output, as torch.nn.BCEWithLogitsLoss.
#pragma once

#include <memory>

#include "lora/loss/loss.h"

namespace lora {

/// For rows with any number of labels: a target t is 1 for a label that the row has and 0 for one
/// that it has not, or the probability that it has it. Of a logit y: −t log σ(y) − (1 − t) log
/// σ(−y). With row weights w (1 if there are none) the sum is that of w · loss, weight = Σ w ·
/// outputs. Finite for any finite logits.
class BinaryCrossEntropy : public Loss {
 public:
  static std::unique_ptr<Loss> make(const LossOptions& /*options*/) {
    return std::make_unique<BinaryCrossEntropy>();
  }

  LossSum evaluate(const View& output, const Batch& batch, MutableView* grad,
                   const Compute& compute) const override;
};

}  // namespace lora
