// Working memory that is kept from one round of a computation to the next.
#pragma once

#include <algorithm>
#include <vector>

#include "lora/core/matrix.h"

namespace lora {

/// Once reset() has seen the largest round, a round allocates nothing.
template <class Number>
class Buffers {
 public:
  using Window = Eigen::Map<Eigen::Matrix<Number, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>,
                            0, Eigen::OuterStride<>>;

  /// Takes all buffers back.
  void reset() {
    used_ = 0;
    if (chunks_.size() < 2) return;
    Index total = 0;
    for (const Chunk& chunk : chunks_) total += chunk.size();
    chunks_.clear();
    chunks_.emplace_back(total);
  }

  /// A buffer of (rows, cols) with undefined content, on a cache line, valid until reset().
  Window take(Index rows, Index cols) {
    const Index size = (rows * cols + kAlignment - 1) / kAlignment * kAlignment;
    if (chunks_.empty() || used_ + size > chunks_.back().size()) {
      chunks_.emplace_back(std::max(size, kSmallestChunk));
      used_ = 0;
    }
    Number* start = chunks_.back().data() + used_;
    used_ += size;
    return {start, rows, cols, Eigen::OuterStride<>(cols)};
  }

 private:
  using Chunk = Eigen::Matrix<Number, Eigen::Dynamic, 1>;

  static constexpr Index kAlignment = 64 / static_cast<Index>(sizeof(Number));

  // The first chunk: enough for small problems to stay within one.
  static constexpr Index kSmallestChunk = 4096;

  std::vector<Chunk> chunks_;
  Index used_ = 0;  // of the last chunk
};

}  // namespace lora
