#include "lora/ops/gather.h"

#include <algorithm>
#include <cstddef>

#include "lora/ops/parallel.h"

namespace lora {

void gather_rows(const View& from, std::span<const Index> rows, MutableView to,
                 const Compute& compute) {
  constexpr Index kRows = 32;  // of a thread at a time
  const auto n = static_cast<Index>(rows.size());
  for_each_block(compute, block_count(n, kRows), static_cast<double>(to.size()), [&](Index block) {
    const Index end = std::min(n, (block + 1) * kRows);
    for (Index i = block * kRows; i < end; ++i) {
      to.row(i) = from.row(rows[static_cast<std::size_t>(i)]);
    }
  });
}

}  // namespace lora
