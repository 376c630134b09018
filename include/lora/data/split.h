// Which rows train and which are held out.
#pragma once

#include <cstdint>
#include <vector>

#include "lora/core/matrix.h"
#include "lora/data/dataset.h"

namespace lora {

struct Split {
  std::vector<Index> train;       ///< row numbers, ascending
  std::vector<Index> validation;  ///< row numbers, ascending
};

/// Holds out `fraction` of the rows of all processes, whose labels `data` has, rounded up, drawn at
/// random from a generator of its own with `seed`. With labels each class gives its share: rounded
/// down, and what is then missing comes from the classes with the largest remainders, the first of
/// equal ones. Throws Error(input) if either part would be empty.
Split split_rows(const Dataset& data, double fraction, std::uint64_t seed);

/// The same for numbers from 0 to rows − 1.
Split split_rows(Index rows, double fraction, std::uint64_t seed);

/// Holds out the fold of that number, from 0, of `folds` into which the rows are dealt: class after
/// class, each in an order drawn from a generator of its own with `seed`, a row to a fold. So each
/// row is held out once, and neither the sizes of two folds nor what they hold of a class differ by
/// more than 1. Throws Error(input) if there are fewer rows than folds.
Split fold_rows(const Dataset& data, Index folds, Index fold, std::uint64_t seed);

/// The same for numbers from 0 to rows − 1.
Split fold_rows(Index rows, Index folds, Index fold, std::uint64_t seed);

}  // namespace lora
