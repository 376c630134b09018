// A bias on every row, and its gradient.
#pragma once

#include "lora/core/compute.h"
#include "lora/core/matrix.h"

namespace lora {

/// y = z + b for z, y (n, m) and b (1, m). y may be z.
void add_bias(const View& z, const View& b, MutableView y, const Compute& compute);

/// db += Σ over rows of dy, for dy (n, m) and db (1, m).
void add_bias_backward(const View& dy, MutableView db);

}  // namespace lora
