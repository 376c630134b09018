// The mean negative log-likelihood of the labels.
#pragma once

#include <memory>

#include "lora/loss/metric.h"

namespace lora {

/// The cross-entropy of the softmax whatever the loss weighs classes by, as scikit-learn's
/// log_loss, but from the logits: a label of a probability too small for a double still has a
/// finite loss.
class LogLoss : public Metric {
 public:
  LogLoss() : Metric(2) {}
  static std::unique_ptr<Metric> make(Index /*outputs*/) { return std::make_unique<LogLoss>(); }

  void add(const View& output, const Batch& batch) override;
  double result() const override;
};

}  // namespace lora
