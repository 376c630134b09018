#include "lora/train/frozen_cache.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "lora/core/tape.h"
#include "lora/data/loader.h"
#include "lora/ops/gather.h"

namespace lora {

namespace {

constexpr double kLargestCache = 1 << 30;  // bytes

// Numbers that are computed at a time, in whole blocks of rows, which threads share out.
constexpr Index kNumbersAtOnce = Index{1} << 21;

Index rows_at_once(Index numbers_of_row) {
  constexpr Index kMostBlocks = 16;
  return std::clamp<Index>(kNumbersAtOnce / kBlockRows / numbers_of_row, 1, kMostBlocks) *
         kBlockRows;
}

bool consecutive(std::span<const Index> rows) {
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (rows[i] != rows[i - 1] + 1) return false;
  }
  return true;
}

/// Those rows of what is kept: where they are if they follow each other, else copied to `room`.
ViewMap rows_of(const Matrix& kept, std::span<const Index> rows, Matrix& room,
                const Compute& compute) {
  const auto count = static_cast<Index>(rows.size());
  const Eigen::OuterStride<> stride(kept.cols());
  if (consecutive(rows)) return {kept.row(rows.front()).data(), count, kept.cols(), stride};
  if (room.rows() < count) room.resize(count, kept.cols());
  gather_rows(kept, rows, room.topRows(count), compute);
  return {room.data(), count, kept.cols(), stride};
}

}  // namespace

FrozenCache::FrozenCache(const Model& model, const Dataset& data, Compute& compute)
    : compute_(&compute) {
  const BelowFeatures below = model.below_features();
  if (below.all() == 0 || !keeps(data.rows(), below.all())) return;

  kept_ = below;
  inputs_.resize(data.rows(), kept_.input);
  products_.resize(data.rows(), kept_.product);
  Tape tape(compute);
  Loader loader(data, all_rows(data.rows(), data.first), rows_at_once(below.all()),
                /*shuffle=*/false);
  while (const std::optional<Batch> batch = loader.next()) {
    tape.reset(Mode::infer);
    const Below of_rows = model.below(*batch, tape);
    products_.middleRows(batch->rows.front(), batch->size()) = of_rows.product;
    if (kept_.input == 0) continue;
    inputs_.middleRows(batch->rows.front(), batch->size()) = of_rows.input;
  }
}

bool FrozenCache::keeps(Index rows, Index features) {
  const double bytes = static_cast<double>(rows) * static_cast<double>(features) * sizeof(float);
  return bytes <= kLargestCache;
}

void FrozenCache::fill(Batch& batch) {
  if (kept_.all() == 0 || batch.size() == 0) return;
  const ViewMap products = rows_of(products_, batch.rows, gathered_products_, *compute_);
  if (kept_.input == 0) {
    batch.below.emplace(Below{batch.x, products});
  } else {
    batch.below.emplace(Below{rows_of(inputs_, batch.rows, gathered_inputs_, *compute_), products});
  }
}

}  // namespace lora
