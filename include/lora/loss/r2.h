// The share of the variance of the targets that the outputs explain.
#pragma once

#include <memory>
#include <vector>

#include "lora/loss/regression_report.h"

namespace lora {

/// The mean over targets, as scikit-learn's r2_score; RegressionReport::r2() has its special cases.
class R2Score : public RegressionReport {
 public:
  using RegressionReport::RegressionReport;
  static std::unique_ptr<Metric> make(Index outputs);

  std::vector<double> parts() const override { return r2(); }
};

}  // namespace lora
