// Functions of single numbers, over whole matrices.
#pragma once

#include <algorithm>

#include "lora/core/compute.h"
#include "lora/core/matrix.h"
#include "lora/ops/parallel.h"

namespace lora {

/// Calls `block(first, count)` for all rows, kBlockRows of them at a time; `size` numbers in all.
template <class Block>
void for_row_blocks(const Compute& compute, Index rows, Index size, const Block& block) {
  for_each_block(compute, block_count(rows), static_cast<double>(size), [&](Index i) {
    const Index first = i * kBlockRows;
    block(first, std::min(kBlockRows, rows - first));
  });
}

/// y = f(x), f from an array expression to one.
template <class Function>
void map_elements(const View& x, MutableView y, const Compute& compute, const Function& f) {
  for_row_blocks(compute, x.rows(), x.size(), [&](Index first, Index count) {
    y.middleRows(first, count).array() = f(x.middleRows(first, count).array());
  });
}

/// dx += dy ∘ derivative(x).
template <class Function>
void map_elements_backward(const View& x, const View& dy, MutableView dx, const Compute& compute,
                           const Function& derivative) {
  for_row_blocks(compute, x.rows(), x.size(), [&](Index first, Index count) {
    dx.middleRows(first, count).array() +=
        dy.middleRows(first, count).array() * derivative(x.middleRows(first, count).array());
  });
}

}  // namespace lora
