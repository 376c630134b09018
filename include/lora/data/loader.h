// Batches of a data set, in the order of PyTorch's DataLoader.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lora/core/batch.h"
#include "lora/core/compute.h"
#include "lora/data/dataset.h"
#include "lora/data/pairs.h"
#include "lora/data/row_order.h"

namespace lora {

/// How the order of an epoch may differ from that of PyTorch's DataLoader.
struct OrderRule {
  /// A batch of all rows has them in their own order even if it is shuffled: nothing but the
  /// rounding of sums depends on it, unless the rows draw random numbers.
  bool any_order = false;

  /// If not 0: blocks of so many rows are shuffled, then the rows within each, see RowOrder.
  Index shuffle_block = 0;
};

class Loader {
 public:
  /// Batches of `batch_size` of the given rows of `data`, which must outlive the loader; a size of
  /// 0 means all of them at once. The last batch of an epoch may be shorter. Rows are numbered as
  /// in all processes: of each batch this one is given what it has, which may be nothing.
  Loader(const Dataset& data, std::vector<Index> rows, Index batch_size, bool shuffle,
         OrderRule rule = {});

  /// Batches of `batch_size` pairs of rows of `data`, which has no weights: of each batch first
  /// the queries, then their documents in the same order.
  Loader(const Dataset& data, std::vector<Pair> pairs, Index batch_size, bool shuffle,
         Index shuffle_block = 0);

  /// How many rows, or pairs, an epoch has.
  Index rows() const { return order_.size(); }
  Index batches() const { return (rows() + batch_size_ - 1) / batch_size_; }

  /// True if no batch of the epoch is left.
  bool at_end() const { return position_ == rows(); }

  /// Starts an epoch, drawing from `rng` what iter(DataLoader) draws: an int64 that nobody uses,
  /// and if rows are shuffled the seed of their permutation. One batch of all rows in their order
  /// stands for a loop without a DataLoader, and draws nothing.
  void start_epoch(Rng& rng);

  /// How many rows, or pairs, of the epoch have been given out; move_to() goes on behind as many.
  Index position() const { return position_; }
  void move_to(Index position) { position_ = position; }

  /// The next batch of the epoch, valid until the next call; nothing at the end.
  std::optional<Batch> next(const Compute& compute = {});

 private:
  void make_room(Index rows);
  bool copies() const;
  std::span<const Index> rows_of_batch(Index first, Index size);
  std::span<const Index> rows_here(std::span<const Index> rows);
  Batch window(Index first, Index size);
  Batch gathered(Index first, Index size, const Compute& compute);
  void copy_rows(std::span<const Index> rows, const Compute& compute);

  const Dataset* data_;
  RowOrder order_;
  Index batch_size_;
  bool shuffle_;
  bool moves_;                     // the order of the rows changes from epoch to epoch
  std::vector<Pair> pairs_;        // if there are any, order_ counts these
  std::vector<Index> batch_rows_;  // of pairs, or of rows of which others are elsewhere
  std::vector<Index> places_;      // of these in the batch of all processes
  Index position_ = 0;
  bool is_gathered_ = false;  // all rows, which do not move
  Matrix features_;
  Matrix targets_;
  std::vector<std::int32_t> labels_;
  std::vector<Real> weights_;
};

}  // namespace lora
