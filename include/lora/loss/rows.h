// What losses and metrics ask of a row.
#pragma once

#include <cstddef>

#include "lora/core/batch.h"
#include "lora/core/matrix.h"

namespace lora {

/// As how many rows row `row` of the batch counts: 1 unless the batch has weights.
inline double row_weight(const Batch& batch, Index row) {
  if (batch.weights.empty()) return 1;
  return static_cast<double>(batch.weights[static_cast<std::size_t>(row)]);
}

/// As how many rows all rows of the batch count.
double total_weight(const Batch& batch);

/// Whether a target of a row with several labels says that the row has this one.
inline bool has_label(Real target) {
  return 2 * target >= 1;
}

/// The class that a row of outputs stands for: that of the largest, the first of equal ones.
Index predicted_class(const View& output, Index row);

}  // namespace lora
