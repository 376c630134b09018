// Rows of features with their targets or labels.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lora/core/matrix.h"
#include "lora/data/row_matrix.h"

namespace lora {

/// Features with either numeric targets or class labels; the other is empty. Of several processes
/// each has rows that follow each other, and numbers them from 0.
struct Dataset {
  RowMatrix features = {};                ///< (rows, in)
  Matrix targets = {};                    ///< (rows, out), or empty
  std::vector<std::int32_t> labels = {};  ///< a class index a row, or empty
  Index classes = 0;                      ///< labels are below this
  std::vector<Real> weights = {};         ///< as how many rows each row counts, or empty: as one
  std::vector<std::string> kept = {};     ///< texts that are only passed along, row after row
  Index first = 0;                        ///< the first row's number among those of all processes
  Index elsewhere = 0;                    ///< rows that other processes have

  Index rows() const { return features.rows(); }
  Index rows_everywhere() const { return rows() + elsewhere; }
  bool has_labels() const { return !labels.empty(); }
};

}  // namespace lora
