// Functions of single numbers, over whole matrices.
#pragma once

#include "lora/core/compute.h"
#include "lora/core/matrix.h"
#include "lora/ops/parallel.h"

namespace lora {

/// y = f(x), f from an array expression to one.
template <class Function>
void map_elements(const View& x, MutableView y, const Compute& compute, const Function& f) {
  for_row_blocks(compute, x.rows(), static_cast<double>(x.size()), [&](Index first, Index count) {
    y.middleRows(first, count).array() = f(x.middleRows(first, count).array());
  });
}

/// dx += dy ∘ derivative(x).
template <class Function>
void map_elements_backward(const View& x, const View& dy, MutableView dx, const Compute& compute,
                           const Function& derivative) {
  for_row_blocks(compute, x.rows(), static_cast<double>(x.size()), [&](Index first, Index count) {
    dx.middleRows(first, count).array() +=
        dy.middleRows(first, count).array() * derivative(x.middleRows(first, count).array());
  });
}

}  // namespace lora
