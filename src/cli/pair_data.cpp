#include "pair_data.h"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "lora/core/error.h"
#include "lora/data/split.h"

namespace lora::cli {

namespace {

std::vector<Pair> chosen(const std::vector<Pair>& pairs, const std::vector<Index>& numbers) {
  std::vector<Pair> result;
  result.reserve(numbers.size());
  for (const Index number : numbers) result.push_back(pairs[static_cast<std::size_t>(number)]);
  return result;
}

}  // namespace

PairSplit read_pair_files(const Options& options, Index rows, const std::string& data) {
  PairSplit pairs{read_pairs(options.pairs, rows, data), {}};
  if (!options.val.empty()) pairs.validation = read_pairs(options.val, rows, data);
  return pairs;
}

PairSplit hold_out_pairs(const PairSplit& read, const Options& options) {
  if (!options.val_split && !options.folds) return read;
  const std::vector<Pair>& pairs = read.train;
  const auto seed = static_cast<std::uint64_t>(options.seed);
  const Split split = options.folds
                          ? fold_rows(std::ssize(pairs), *options.folds, options.fold, seed)
                          : split_rows(std::ssize(pairs), *options.val_split, seed);
  if (split.train.size() < 2 || split.validation.size() < 2) {
    throw Error(ErrorKind::input, options.pairs, ": of ", pairs.size(), " pairs ",
                split.train.size(), " are left to train on and ", split.validation.size(),
                " to validate on; both need at least two");
  }
  return {chosen(pairs, split.train), chosen(pairs, split.validation)};
}

Index pairs_at_once(const nlohmann::ordered_json& config) {
  if (!config.is_object()) return kPairsAtOnce;
  const auto found = config.find("batch-size");
  if (found == config.end() || !found->is_number_unsigned()) return kPairsAtOnce;
  return found->get<Index>();
}

}  // namespace lora::cli
