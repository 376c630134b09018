#include "lora/data/split.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "lora/core/error.h"
#include "lora/core/rng.h"
#include "lora/data/row_order.h"

namespace lora {

namespace {

/// The row numbers of each class.
std::vector<std::vector<Index>> rows_of_classes(const Dataset& data) {
  std::vector<std::vector<Index>> classes(static_cast<std::size_t>(data.classes));
  for (Index row = 0; row < data.rows_everywhere(); ++row) {
    const auto label = data.labels[static_cast<std::size_t>(row)];
    classes[static_cast<std::size_t>(label)].push_back(row);
  }
  return classes;
}

/// How many of `total` held-out rows each class gives (the method of largest remainders, in whole
/// numbers, so that equal remainders are equal).
std::vector<Index> shares(const std::vector<std::vector<Index>>& classes, Index rows, Index total) {
  std::vector<Index> share;
  std::vector<Index> remainder;
  for (const auto& members : classes) {
    const Index product = static_cast<Index>(members.size()) * total;
    share.push_back(product / rows);
    remainder.push_back(product % rows);
  }
  std::vector<std::size_t> order(classes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(
      order, [&](std::size_t a, std::size_t b) { return remainder[a] > remainder[b]; });
  Index missing = total - std::accumulate(share.begin(), share.end(), Index{0});
  for (auto it = order.begin(); missing > 0; ++it, --missing) ++share[*it];
  return share;
}

/// Holds out of each class its share.
Split split_classes(const std::vector<std::vector<Index>>& classes, Index rows, double fraction,
                    std::uint64_t seed) {
  const auto total = static_cast<Index>(std::ceil(fraction * static_cast<double>(rows)));
  if (total < 1 || total >= rows) {
    throw Error(ErrorKind::input, "holding out ", fraction, " of ", rows, " rows leaves ",
                rows - total, " to train on and ", total,
                " to validate on; both need at least one");
  }

  Rng rng(seed);
  Split split;
  const std::vector<Index> share = shares(classes, rows, total);
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const std::vector<Index> order = rng.permutation(static_cast<Index>(classes[c].size()));
    for (std::size_t i = 0; i < order.size(); ++i) {
      auto& part = static_cast<Index>(i) < share[c] ? split.validation : split.train;
      part.push_back(classes[c][static_cast<std::size_t>(order[i])]);
    }
  }
  std::ranges::sort(split.train);
  std::ranges::sort(split.validation);
  return split;
}

Split deal(const std::vector<std::vector<Index>>& classes, Index rows, Index folds, Index fold,
           std::uint64_t seed) {
  if (folds > rows) {
    throw Error(ErrorKind::input, rows, " rows do not fill ", folds,
                " folds; each needs at least one");
  }
  Rng rng(seed);
  Split split;
  Index dealt = 0;
  for (const std::vector<Index>& members : classes) {
    for (const Index place : rng.permutation(static_cast<Index>(members.size()))) {
      auto& part = dealt++ % folds == fold ? split.validation : split.train;
      part.push_back(members[static_cast<std::size_t>(place)]);
    }
  }
  std::ranges::sort(split.train);
  std::ranges::sort(split.validation);
  return split;
}

}  // namespace

Split split_rows(const Dataset& data, double fraction, std::uint64_t seed) {
  if (!data.has_labels()) return split_rows(data.rows_everywhere(), fraction, seed);
  return split_classes(rows_of_classes(data), data.rows_everywhere(), fraction, seed);
}

Split split_rows(Index rows, double fraction, std::uint64_t seed) {
  return split_classes({all_rows(rows)}, rows, fraction, seed);
}

Split fold_rows(const Dataset& data, Index folds, Index fold, std::uint64_t seed) {
  if (!data.has_labels()) return fold_rows(data.rows(), folds, fold, seed);
  return deal(rows_of_classes(data), data.rows(), folds, fold, seed);
}

Split fold_rows(Index rows, Index folds, Index fold, std::uint64_t seed) {
  return deal({all_rows(rows)}, rows, folds, fold, seed);
}

}  // namespace lora
