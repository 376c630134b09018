#include "lora/train/frozen_cache.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "lora/core/tape.h"
#include "lora/data/loader.h"

namespace lora {

namespace {

constexpr double kLargestCache = 1 << 30;  // bytes

bool consecutive(std::span<const Index> rows) {
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (rows[i] != rows[i - 1] + 1) return false;
  }
  return true;
}

}  // namespace

FrozenCache::FrozenCache(const Model& model, const Dataset& data, Compute& compute) {
  if (model.below_features() == 0 || !keeps(data.rows(), model.below_features())) return;

  products_.resize(data.rows(), model.below_features());
  Tape tape(compute);
  Loader loader(data, all_rows(data.rows()), kBlockRows, /*shuffle=*/false);
  while (const std::optional<Batch> batch = loader.next()) {
    tape.reset(Mode::infer);
    products_.middleRows(batch->rows.front(), batch->size()) = model.below(*batch, tape).product;
  }
}

bool FrozenCache::keeps(Index rows, Index outputs) {
  const double bytes = static_cast<double>(rows) * static_cast<double>(outputs) * sizeof(float);
  return bytes <= kLargestCache;
}

void FrozenCache::fill(Batch& batch) {
  if (products_.size() == 0) return;
  const Index n = batch.size();
  if (consecutive(batch.rows)) {
    batch.below.emplace(Below{batch.x, products_.middleRows(batch.rows.front(), n)});
    return;
  }
  if (gathered_.rows() < n) gathered_.resize(n, products_.cols());
  for (Index i = 0; i < n; ++i) {
    gathered_.row(i) = products_.row(batch.rows[static_cast<std::size_t>(i)]);
  }
  batch.below.emplace(Below{batch.x, gathered_.topRows(n)});
}

}  // namespace lora
