// The hyperbolic tangent, as torch.nn.Tanh.
#pragma once

#include "lora/core/compute.h"
#include "lora/core/matrix.h"

namespace lora {

/// y = tanh(x), for x and y (n, m). y may be x.
void tanh(const View& x, MutableView y, const Compute& compute);

/// dx += dy·(1 − tanh²(x)), all (n, m).
void tanh_backward(const View& x, const View& dy, MutableView dx, const Compute& compute);

}  // namespace lora
