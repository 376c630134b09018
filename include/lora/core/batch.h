// Rows on their way through a model: windows on a data set or on a loader's buffers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "lora/core/matrix.h"

namespace lora {

/// What is already known of the lowest layer with a trained parameter.
struct Below {
  View input;    ///< (n, in of that layer)
  View product;  ///< (n, out of that layer): input·Wᵀ, without bias
};

/// Where n rows stand in the batch of all processes: what is drawn row after row needs to know.
struct RowPlaces {
  std::span<const Index> places;  ///< n, rising
  Index rows;                     ///< of all processes
};

/// n rows. Everything in it is borrowed and lives until the next batch is asked for.
struct Batch {
  std::span<const Index> rows = {};           ///< n row numbers of the data set as it is here
  View x;                                     ///< (n, in)
  std::optional<View> targets = {};           ///< (n, out), for losses that compare numbers
  std::span<const std::int32_t> labels = {};  ///< n class indices, for losses that compare classes
  std::optional<Below> below = {};            ///< filled if it was kept; forward starts there then
  std::span<const Real> weights = {};    ///< n, at least 0: as how many rows each counts; or empty
  Index first_row = 0;                   ///< number of the data set's first row in all processes'
  std::optional<RowPlaces> places = {};  ///< none if no other process has rows of the batch

  Index size() const { return x.rows(); }

  /// Those that training works on: of the rows, or of what is known of them, and their targets.
  Index numbers() const;

  /// Its rows first … first+count−1.
  Batch part(Index first, Index count) const;
};

}  // namespace lora
