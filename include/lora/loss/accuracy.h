// The share of rows whose largest output is that of their label.
#pragma once

#include <memory>

#include "lora/loss/metric.h"

namespace lora {

/// Of equal outputs the first counts as the largest. As scikit-learn's accuracy_score.
class Accuracy : public Metric {
 public:
  Accuracy() : Metric(2) {}
  static std::unique_ptr<Metric> make(Index /*outputs*/) { return std::make_unique<Accuracy>(); }

  void add(const View& output, const Batch& batch) override;
  double result() const override;
};

}  // namespace lora
