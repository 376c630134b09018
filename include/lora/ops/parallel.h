// The one loop that runs on several threads.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "lora/core/compute.h"
#include "lora/core/matrix.h"

namespace lora {

/// Below this many multiply-adds, or elements touched, waking a thread costs more than it gains.
inline constexpr double kParallelWork = 1 << 18;

/// The processors that this process may use.
int available_threads();

/// Calls call(block, i) for i = 0 … count−1, on the calling thread and on up to threads − 1 others.
/// Each takes the next i when it is done with one: a thread that the system lets wait holds nobody
/// up. Threads without work sleep; they do not spin, since others may want the processor. Called
/// from several threads at once, all but one of them do their own work alone. The first exception
/// of a call comes out of here, once no call is running any more; no further one is begun then.
void run_blocks(int threads, Index count, void (*call)(const void* block, Index i),
                const void* block);

/// Calls `block(i)` for i = 0 … count−1, on up to compute.threads threads if `work` (multiply-adds,
/// or elements) is worth it. The blocks must not depend on each other. What one throws comes out.
template <class Block>
void for_each_block(const Compute& compute, Index count, double work, const Block& block) {
  const bool in_parallel = compute.threads > 1 && count > 1 && work >= kParallelWork;
  if (!in_parallel) {
    for (Index i = 0; i < count; ++i) block(i);
    return;
  }
  const auto call = [](const void* of, Index i) { (*static_cast<const Block*>(of))(i); };
  run_blocks(compute.threads, count, call, &block);
}

/// The sum of `block(i)` for i = 0 … count−1, added in that order whatever the number of threads.
template <class Block>
double sum_over_blocks(const Compute& compute, Index count, double work, const Block& block) {
  constexpr Index kWave = 64;
  std::array<double, kWave> partial;
  double sum = 0;
  for (Index first = 0; first < count; first += kWave) {
    const Index wave = std::min(kWave, count - first);
    for_each_block(compute, wave, work * static_cast<double>(wave) / static_cast<double>(count),
                   [&](Index i) { partial[static_cast<std::size_t>(i)] = block(first + i); });
    for (Index i = 0; i < wave; ++i) sum += partial[static_cast<std::size_t>(i)];
  }
  return sum;
}

/// The number of blocks of `size` rows, the last one perhaps shorter, that `rows` rows make.
inline Index block_count(Index rows, Index size = kBlockRows) {
  return (rows + size - 1) / size;
}

/// Calls `block(first, count)` for all rows, kBlockRows of them at a time; `work` is that of all
/// together.
template <class Block>
void for_row_blocks(const Compute& compute, Index rows, double work, const Block& block) {
  for_each_block(compute, block_count(rows), work, [&](Index i) {
    const Index first = i * kBlockRows;
    block(first, std::min(kBlockRows, rows - first));
  });
}

}  // namespace lora
