#include "lora/core/batch.h"

#include <cstddef>

namespace lora {

namespace {

template <class Value>
std::span<const Value> part_of(std::span<const Value> values, Index first, Index count) {
  if (values.empty()) return {};
  return values.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
}

}  // namespace

Index Batch::numbers() const {
  const Index inputs = below ? below->input.size() + below->product.size() : x.size();
  return inputs + (targets ? targets->size() : 0);
}

Batch Batch::part(Index first, Index count) const {
  Batch part{part_of(rows, first, count),
             x.middleRows(first, count),
             std::nullopt,
             part_of(labels, first, count),
             std::nullopt,
             part_of(weights, first, count),
             first_row};
  if (targets) part.targets.emplace(targets->middleRows(first, count));
  if (below) {
    part.below.emplace(
        Below{below->input.middleRows(first, count), below->product.middleRows(first, count)});
  }
  return part;
}

}  // namespace lora
