// The order in which an epoch goes through its rows.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lora/core/matrix.h"
#include "lora/core/rng.h"

namespace lora {

/// Numbers of rows, in their own order until one is drawn. In blocks, only the order of the blocks
/// and of the rows of one block at a time are held: rows that are read together then lie together
/// on a disk.
class RowOrder {
 public:
  /// Of `rows`; with a `block_rows` above 0 these are cut into blocks of so many, the last one
  /// perhaps shorter.
  explicit RowOrder(std::vector<Index> rows, Index block_rows = 0);

  Index size() const { return size_; }

  /// True if the rows are 0 … size−1.
  bool is_contiguous() const { return rows_.empty(); }

  /// A new order: torch.randperm's of all rows from a generator with this seed; or its order of
  /// the blocks, and then, from the same generator, of the rows of each of them in turn.
  void draw(std::uint64_t seed);

  /// The rows from place `first` on, `count` of them, valid until the next call. In blocks, places
  /// that have been passed are gone until the next draw: std::logic_error.
  std::span<const Index> part(Index first, Index count);

 private:
  Index row(Index number) const;
  void append_own_order(Index first, Index count);
  void append_from_blocks(Index first, Index count);
  void next_block();

  Index size_;
  Index block_rows_;
  std::vector<Index> rows_;         // empty if they are contiguous
  std::vector<Index> permutation_;  // of all rows, or of the blocks; empty if none was drawn
  std::vector<Index> part_;

  // In blocks: the one that the last place was in, and who draws the next ones.
  std::optional<Rng> sampler_;
  std::size_t blocks_begun_ = 0;
  Index block_begin_ = 0;  // the place where it begins
  std::vector<Index> block_;
};

/// `first` … first+rows−1.
std::vector<Index> all_rows(Index rows, Index first = 0);

}  // namespace lora
