// Rows of length 1, for losses and figures that compare directions.
#pragma once

#include <algorithm>
#include <cmath>

#include "lora/core/compute.h"
#include "lora/core/matrix.h"
#include "lora/ops/parallel.h"

namespace lora {

/// Below this a vector has no direction, as in torch.nn.functional.normalize.
inline constexpr double kLeastNorm = 1e-12;

/// For x (n, m): `norms` (1, n) become those of its rows, `units` (n, m) each row over its norm, or
/// over kLeastNorm if that is larger.
inline void unit_rows(const View& x, MutableDoubleView units, MutableDoubleView norms,
                      const Compute& compute) {
  for_row_blocks(compute, x.rows(), static_cast<double>(x.size()), [&](Index first, Index count) {
    for (Index i = first; i < first + count; ++i) {
      units.row(i) = x.row(i).cast<double>();
      norms(0, i) = units.row(i).norm();
      units.row(i) /= std::max(norms(0, i), kLeastNorm);
    }
  });
}

}  // namespace lora
