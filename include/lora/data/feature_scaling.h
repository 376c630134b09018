// Features on a common scale: each column less its mean, divided by its deviation.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lora/core/group.h"
#include "lora/core/matrix.h"

namespace lora {

/// (x − mean) / deviation, as scikit-learn's StandardScaler, in double. A constant column has the
/// deviation 0 and becomes 0 whatever stands in it.
struct FeatureScaling {
  std::vector<double> mean;       ///< one for each column
  std::vector<double> deviation;  ///< population's: the square root of the mean squared distance

  /// Of the given rows of `features` (n, in), and of those that other processes give.
  static FeatureScaling of(const View& features, std::span<const Index> rows, Group& group);

  /// Replaces the values of `features` (n, in); throws std::logic_error for another width.
  void apply(Matrix& features) const;

  /// Columns, from 0, whose largest value equals their smallest.
  std::vector<Index> constant_columns() const;
};

}  // namespace lora
