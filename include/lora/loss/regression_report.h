// How far the outputs are from each target, by every figure there is for it.
#pragma once

#include <span>
#include <vector>

#include "lora/loss/metric.h"

namespace lora {

/// Figures per target (output column), as scikit-learn has them with multioutput='raw_values'. As a
/// metric it is the mean squared error; the kinds of the table are reports that tell another one.
///
/// Variances are summed about a shift, the target's first value since reset(): squares of a year or
/// of 1e6 ± 1 would have no digits left for what lies between them. The shift is no sum; processes
/// agree on one before they add up.
class RegressionReport : public Metric {
 public:
  explicit RegressionReport(Index targets);

  void add(const View& output, const Batch& batch) override;

  /// The mean of parts().
  double result() const override;
  std::vector<double> parts() const override { return mse(); }
  void reset() override;
  void sum_over(Group& group) override;

  std::vector<double> mse() const;
  std::vector<double> rmse() const;
  std::vector<double> mae() const;

  /// 1 − Σ (y − t)² / Σ (t − mean t)². Of a target that is constant: 1 if every output is right,
  /// else 0. Not a number for fewer than two rows.
  std::vector<double> r2() const;

 private:
  /// What sums_ holds for a target, in this order.
  enum Sum { kSquaredErrors, kAbsoluteErrors, kTargets, kSquaredTargets, kSums };

  std::span<double> sums_of(Index target);
  std::span<const double> sums_of(Index target) const;
  double weight() const { return sums_[0]; }
  double rows() const { return sums_[1]; }
  std::vector<double> means(Sum sum) const;
  std::vector<double> common_shift(Group& group) const;
  void move_shift(const std::vector<double>& shift);

  Index targets_;
  std::vector<double> shift_;  ///< one for each target; empty until the first row
};

}  // namespace lora
