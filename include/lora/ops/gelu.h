// The Gaussian error linear unit (Hendrycks and Gimpel, 2016, arXiv 1606.08415), as torch.nn.GELU
// in both of its forms.
#pragma once

#include "lora/core/compute.h"
#include "lora/core/matrix.h"

namespace lora {

/// y = x·Φ(x), for x and y (n, m) and Φ the normal distribution. y may be x.
void gelu(const View& x, MutableView y, const Compute& compute);

/// dx += dy·(Φ(x) + x·φ(x)), φ the density of Φ; all (n, m), as in what follows.
void gelu_backward(const View& x, const View& dy, MutableView dx, const Compute& compute);

/// y = x/2·(1 + tanh(u)) with u = √(2/π)·(x + 0.044715·x³), for x and y (n, m). y may be x.
void gelu_tanh(const View& x, MutableView y, const Compute& compute);

/// dx += dy·(1/2·(1 + tanh(u)) + x/2·(1 − tanh²(u))·du/dx).
void gelu_tanh_backward(const View& x, const View& dy, MutableView dx, const Compute& compute);

}  // namespace lora
