#include "scatter.h"

#include <algorithm>
#include <utility>

namespace lora::cli {

Scatter::Scatter(Index rows, std::vector<std::string> names) : Metric(1), rows_(rows) {
  names.resize(std::min(names.size(), static_cast<std::size_t>(kMostTargets)));
  for (const std::string& name : names) series_.push_back({name, {}, {}});
  kept_rows_ = std::min(rows, kMostPoints / std::max(Index{1}, std::ssize(names)));
}

void Scatter::add(const View& output, const Batch& batch) {
  for (Index row = 0; row < batch.size(); ++row, ++seen_) {
    const bool kept = seen_ * kept_rows_ / rows_ != (seen_ + 1) * kept_rows_ / rows_;
    if (!kept) continue;
    for (Index target = 0; target < std::ssize(series_); ++target) {
      PlotSeries& series = series_[static_cast<std::size_t>(target)];
      series.x.push_back(static_cast<double>((*batch.targets)(row, target)));
      series.y.push_back(static_cast<double>(output(row, target)));
      ++sums_[0];
    }
  }
}

void Scatter::sum_over(Group& group) {
  Metric::sum_over(group);
  for (PlotSeries& series : series_) {
    for (std::vector<double>* numbers : {&series.x, &series.y}) {
      std::vector<double> all;
      for (const std::vector<double>& own : gather_wide(group, *numbers)) {
        all.insert(all.end(), own.begin(), own.end());
      }
      *numbers = std::move(all);
    }
  }
}

void Scatter::reset() {
  Metric::reset();
  seen_ = 0;
  for (PlotSeries& series : series_) {
    series.x.clear();
    series.y.clear();
  }
}

}  // namespace lora::cli
