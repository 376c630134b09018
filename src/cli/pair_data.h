// The pairs of a run with --pairs.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "lora/core/matrix.h"
#include "lora/data/pairs.h"
#include "options.h"

namespace lora::cli {

struct PairSplit {
  std::vector<Pair> train;
  std::vector<Pair> validation;  ///< empty if none are held out
};

/// Reads --pairs and --val: pairs of the `rows` rows of `data`, as messages call --data. Throws
/// Error(input) for what read_pairs() refuses.
PairSplit read_pair_files(const Options& options, Index rows, const std::string& data);

/// The same, or what --val-split makes of them. Throws Error(input) if fewer than two pairs are
/// left to train on or to judge by.
PairSplit hold_out_pairs(const PairSplit& read, const Options& options);

/// How many pairs are compared at once where nothing else says so.
inline constexpr Index kPairsAtOnce = 32;

/// The batch size in the resolved configuration of a training.
Index pairs_at_once(const nlohmann::ordered_json& config);

}  // namespace lora::cli
