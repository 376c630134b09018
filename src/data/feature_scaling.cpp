#include "lora/data/feature_scaling.h"

#include <cmath>
#include <cstddef>
#include <stdexcept>

namespace lora {

namespace {

using Row = Eigen::Array<double, 1, Eigen::Dynamic>;

std::vector<double> as_vector(const Row& row) {
  return {row.data(), row.data() + row.size()};
}

}  // namespace

// The mean of equal numbers is not always that number, so a constant column is known by its range.
FeatureScaling FeatureScaling::of(const View& features, std::span<const Index> rows) {
  const auto n = static_cast<double>(rows.size());
  Row sum = Row::Zero(features.cols());
  Row least = features.row(rows.front()).array().cast<double>();
  Row most = least;
  for (const Index row : rows) {
    const auto values = features.row(row).array().cast<double>();
    sum += values;
    least = least.min(values);
    most = most.max(values);
  }
  const Row mean = sum / n;
  Row squares = Row::Zero(features.cols());
  for (const Index row : rows) {
    squares += (features.row(row).array().cast<double>() - mean).square();
  }
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
