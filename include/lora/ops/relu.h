// The rectifier, as torch.nn.ReLU.
#pragma once

#include "lora/core/compute.h"
#include "lora/core/matrix.h"

namespace lora {

/// y = max(x, 0), for x and y (n, m); NaN stays NaN. y may be x.
void relu(const View& x, MutableView y, const Compute& compute);

/// dx += dy where x > 0, so that the slope at 0 is 0, as PyTorch's. All (n, m).
void relu_backward(const View& x, const View& dy, MutableView dx, const Compute& compute);

}  // namespace lora
