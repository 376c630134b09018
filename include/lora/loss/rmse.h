// The root of the mean squared error.
#pragma once

#include <memory>
#include <vector>

#include "lora/loss/regression_report.h"

namespace lora {

/// Each target's root, then their mean, as scikit-learn's root_mean_squared_error.
class RootMeanSquaredError : public RegressionReport {
 public:
  using RegressionReport::RegressionReport;
  static std::unique_ptr<Metric> make(Index outputs);

  std::vector<double> parts() const override { return rmse(); }
};

}  // namespace lora
