// Pairs of rows of one data set: a query and the document that answers it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lora/core/matrix.h"

namespace lora {

/// Row numbers, from 0.
struct Pair {
  Index query = 0;
  Index document = 0;

  bool operator==(const Pair&) const = default;
};

/// Reads a table ("-" is standard input) or an array, FILE or FILE:ARRAY, of two columns: query,
/// document. A table may have a header, whatever it says; lines of numbers are none. `rows` is how
/// many rows there are in the data set, which messages call `data`. Throws Error(input) with file
/// and line or row for another number of columns, for what is no number of a row, and if there are
/// fewer than two pairs.
std::vector<Pair> read_pairs(const std::string& file, Index rows, const std::string& data);

/// The rows of the pairs, each once, ascending.
std::vector<Index> rows_of(std::span<const Pair> pairs);

}  // namespace lora
