// What training does not change, computed once for all rows of a data set.
#pragma once

#include <optional>

#include "lora/core/batch.h"
#include "lora/core/compute.h"
#include "lora/data/dataset.h"
#include "lora/model/model.h"

namespace lora {

/// Keeps the base product of the lowest layer with a trained parameter for each row, and its input
/// if that is not the row itself, if all of them take at most 1 GiB: a fixed rule, since a kept row
/// may have other bits than one computed in its batch. Rows are computed in blocks of kBlockRows
/// rows of the data set.
class FrozenCache {
 public:
  /// `compute` must outlive it.
  FrozenCache(const Model& model, const Dataset& data, Compute& compute);

  /// Keeps nothing.
  explicit FrozenCache(const Compute& compute) : compute_(&compute) {}

  /// Whether so many numbers of so many rows are kept.
  static bool keeps(Index rows, Index features);

  /// Fills batch.below, valid until the next call. Does nothing if the rows are not kept.
  void fill(Batch& batch);

 private:
  const Compute* compute_;
  BelowFeatures kept_;  // none if nothing is kept
  Matrix inputs_;       // (rows, kept_.input)
  Matrix products_;     // (rows, kept_.product)
  Matrix gathered_inputs_;
  Matrix gathered_products_;
};

}  // namespace lora
