#include "lora/loss/regression_report.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

#include "lora/loss/rows.h"

namespace lora {

namespace {

constexpr std::size_t kHeader = 2;  // weight and rows, before the sums of each target

}  // namespace

RegressionReport::RegressionReport(Index targets)
    : Metric(kHeader + kSums * static_cast<std::size_t>(targets)), targets_(targets) {}

std::span<double> RegressionReport::sums_of(Index target) {
  return std::span(sums_).subspan(kHeader + kSums * static_cast<std::size_t>(target), kSums);
}

std::span<const double> RegressionReport::sums_of(Index target) const {
  return std::span(sums_).subspan(kHeader + kSums * static_cast<std::size_t>(target), kSums);
}

void RegressionReport::add(const View& output, const Batch& batch) {
  const View& targets = *batch.targets;
  for (Index i = 0; i < output.rows(); ++i) {
    const double weight = row_weight(batch, i);
    if (weight == 0) continue;
    const Real* t = targets.row(i).data();
    if (shift_.empty()) shift_.assign(t, t + targets_);
    sums_[0] += weight;
    sums_[1] += 1;
    for (Index j = 0; j < targets_; ++j) {
      const std::span<double> sums = sums_of(j);
      const auto target = static_cast<double>(t[j]);
      const double error = static_cast<double>(output(i, j)) - target;
      const double above = target - shift_[static_cast<std::size_t>(j)];
      sums[kSquaredErrors] += weight * error * error;
      sums[kAbsoluteErrors] += weight * std::abs(error);
      sums[kTargets] += weight * above;
      sums[kSquaredTargets] += weight * above * above;
    }
  }
}

double RegressionReport::result() const {
  const std::vector<double> each = parts();
  return std::accumulate(each.begin(), each.end(), 0.0) / static_cast<double>(targets_);
}

void RegressionReport::reset() {
  Metric::reset();
  shift_.clear();
}

void RegressionReport::sum_over(Group& group) {
  move_shift(common_shift(group));
  Metric::sum_over(group);
}

/// The mean of the processes' shifts. Where a target is constant it is that very number: a double
/// holds sums of equal floats exactly.
std::vector<double> RegressionReport::common_shift(Group& group) const {
  std::vector<double> sums(static_cast<std::size_t>(targets_) + 1, 0.0);
  if (!shift_.empty()) {
    sums[0] = 1;
    std::copy(shift_.begin(), shift_.end(), sums.begin() + 1);
  }
  group.sum_wide(sums);
  const double processes = sums.front();
  if (processes == 0) return {};
  sums.erase(sums.begin());
  for (double& shift : sums) shift /= processes;
  return sums;
}

/// Makes the sums those about another shift.
void RegressionReport::move_shift(const std::vector<double>& shift) {
  for (std::size_t j = 0; j < shift_.size(); ++j) {
    const std::span<double> sums = sums_of(static_cast<Index>(j));
    const double by = shift_[j] - shift[j];
    sums[kSquaredTargets] += by * (2 * sums[kTargets] + by * weight());
    sums[kTargets] += by * weight();
  }
  shift_ = shift;
}

std::vector<double> RegressionReport::means(Sum sum) const {
  std::vector<double> means;
  for (Index j = 0; j < targets_; ++j) means.push_back(sums_of(j)[sum] / weight());
  return means;
}

std::vector<double> RegressionReport::mse() const {
  return means(kSquaredErrors);
}

std::vector<double> RegressionReport::rmse() const {
  std::vector<double> roots = mse();
  for (double& root : roots) root = std::sqrt(root);
  return roots;
}

std::vector<double> RegressionReport::mae() const {
  return means(kAbsoluteErrors);
}

std::vector<double> RegressionReport::r2() const {
  if (rows() < 2) {
    return std::vector<double>(static_cast<std::size_t>(targets_),
                               std::numeric_limits<double>::quiet_NaN());
  }
  std::vector<double> scores;
  for (Index j = 0; j < targets_; ++j) {
    const std::span<const double> sums = sums_of(j);
    const double errors = sums[kSquaredErrors];
    if (sums[kSquaredTargets] == 0) {                 // all of them are the shift
      scores.push_back(errors > 0 ? 0 : 1 - errors);  // errors: 0, or not a number
    } else {
      const double above = sums[kTargets];
      scores.push_back(1 - errors / (sums[kSquaredTargets] - above * above / weight()));
    }
  }
  return scores;
}

}  // namespace lora
