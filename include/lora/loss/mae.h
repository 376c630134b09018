// The mean absolute error.
#pragma once

#include <memory>
#include <vector>

#include "lora/loss/regression_report.h"

namespace lora {

/// Over rows and targets, as scikit-learn's mean_absolute_error.
class MeanAbsoluteError : public RegressionReport {
 public:
  using RegressionReport::RegressionReport;
  static std::unique_ptr<Metric> make(Index outputs);

  std::vector<double> parts() const override { return mae(); }
};

}  // namespace lora
