// Products of a long matrix with a few rows, in double, on one thread: the long one is read once,
// where it lies. A general product would first copy it into an order of its own, which takes longer
// than the product.
#pragma once

#include "lora/core/matrix.h"

namespace lora {

/// h = X·Wᵀ for X (n, k), W (r, k), h (n, r).
void skinny_product(const DoubleView& X, const DoubleView& W, MutableDoubleView h);

/// C += hᵀ·X for h (n, r), X (n, m), C (r, m).
void add_skinny_product_tn(const DoubleView& h, const DoubleView& X, MutableDoubleView C);

}  // namespace lora
