// Predicted against true numbers, of some of the rows.
#pragma once

#include <cstddef>
#include <vector>

#include "lora/loss/metric.h"
#include "lora/report/svg_plot.h"

namespace lora::cli {

/// Keeps at most kMostPoints points, of rows at equal distances, and one more for each process.
/// As a metric it is their number.
class Scatter : public Metric {
 public:
  static constexpr Index kMostPoints = 2000;
  static constexpr Index kMostTargets = 7;  ///< of the first so many; each has a colour

  /// Of `rows` rows in all.
  Scatter(Index rows, std::vector<std::string> names);

  void add(const View& output, const Batch& batch) override;
  double result() const override { return sums_[0]; }
  void reset() override;
  void sum_over(Group& group) override;

  /// A series a target.
  const std::vector<PlotSeries>& series() const { return series_; }

 private:
  std::vector<PlotSeries> series_;
  Index rows_;
  Index kept_rows_;
  Index seen_ = 0;
};

}  // namespace lora::cli
