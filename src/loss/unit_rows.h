// Rows of length 1, for losses and figures that compare directions.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "lora/core/compute.h"
#include "lora/core/matrix.h"
#include "lora/ops/parallel.h"

namespace lora {

/// Below this a vector has no direction, as in torch.nn.functional.normalize.
inline constexpr double kLeastNorm = 1e-12;

struct UnitRows {
  DoubleMatrix rows;          ///< each row over its norm, or over kLeastNorm if that is larger
  std::vector<double> norms;  ///< of the rows before
};

inline UnitRows unit_rows(const View& x, const Compute& compute) {
  UnitRows units{DoubleMatrix(x.rows(), x.cols()),
                 std::vector<double>(static_cast<std::size_t>(x.rows()))};
  for_each_block(compute, block_count(x.rows()), static_cast<double>(x.size()), [&](Index block) {
    const Index end = std::min((block + 1) * kBlockRows, x.rows());
    for (Index i = block * kBlockRows; i < end; ++i) {
      units.rows.row(i) = x.row(i).cast<double>();
      const double norm = units.rows.row(i).norm();
      units.rows.row(i) /= std::max(norm, kLeastNorm);
      units.norms[static_cast<std::size_t>(i)] = norm;
    }
  });
  return units;
}

}  // namespace lora
