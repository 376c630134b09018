#include "lora/data/feature_scaling.h"

#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>

namespace lora {

namespace {

using Row = Eigen::Array<double, 1, Eigen::Dynamic>;

std::vector<double> as_vector(const Row& row) {
  return {row.data(), row.data() + row.size()};
}

std::span<double> span_of(Row& row) {
  return {row.data(), static_cast<std::size_t>(row.size())};
}

}  // namespace

// The mean of equal numbers is not always that number, so a constant column is known by its range.
FeatureScaling FeatureScaling::of(const View& features, std::span<const Index> rows, Group& group) {
  Row sums = Row::Zero(features.cols() + 1);  // of the features, and how many rows there are
  Row least = Row::Constant(features.cols(), std::numeric_limits<double>::infinity());
  Row most = -least;
  for (const Index row : rows) {
    const auto values = features.row(row).array().cast<double>();
    sums.head(features.cols()) += values;
    least = least.min(values);
    most = most.max(values);
  }
  sums[features.cols()] = static_cast<double>(rows.size());
  group.sum_wide(span_of(sums));
  for (const std::vector<double>& other : gather_wide(group, span_of(least))) {
    least = least.min(Eigen::Map<const Row>(other.data(), least.size()));
  }
  for (const std::vector<double>& other : gather_wide(group, span_of(most))) {
    most = most.max(Eigen::Map<const Row>(other.data(), most.size()));
  }
  const double n = sums[features.cols()];
  const Row mean = sums.head(features.cols()) / n;
  Row squares = Row::Zero(features.cols());
  for (const Index row : rows) {
    squares += (features.row(row).array().cast<double>() - mean).square();
  }
  group.sum_wide(span_of(squares));
  const Row deviation = (least == most).select(0.0, (squares / n).sqrt());
  return {as_vector(mean), as_vector(deviation)};
}

void FeatureScaling::apply(Matrix& features) const {
  if (features.cols() != static_cast<Index>(mean.size())) {
    throw std::logic_error("FeatureScaling::apply: of another number of features");
  }
  const Row means = Eigen::Map<const Row>(mean.data(), features.cols());
  const Row deviations = Eigen::Map<const Row>(deviation.data(), features.cols());
  for (Index row = 0; row < features.rows(); ++row) {
    const auto values = features.row(row).array().cast<double>();
    features.row(row) = (deviations == 0.0)
                            .select(0.0, (values - means) / deviations)
                            .template cast<Real>()
                            .matrix();
  }
}

std::vector<Index> FeatureScaling::constant_columns() const {
  std::vector<Index> columns;
  for (std::size_t column = 0; column < deviation.size(); ++column) {
    if (deviation[column] == 0) columns.push_back(static_cast<Index>(column));
  }
  return columns;
}

}  // namespace lora
