// The share of labels that are told right, for rows with any number of them.
#pragma once

#include <memory>

#include "lora/loss/metric.h"

namespace lora {

/// Over rows and outputs: a logit above 0 says that the row has the label, a target of at least 1/2
/// that it is so. 1 − scikit-learn's hamming_loss.
class LabelAccuracy : public Metric {
 public:
  LabelAccuracy() : Metric(2) {}
  static std::unique_ptr<Metric> make(Index /*outputs*/) {
    return std::make_unique<LabelAccuracy>();
  }

  void add(const View& output, const Batch& batch) override;
  double result() const override;
};

}  // namespace lora
