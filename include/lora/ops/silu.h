// The sigmoid-weighted linear unit (Elfwing, Uchibe and Doya, 2017, arXiv 1702.03118), as
// torch.nn.SiLU.
#pragma once

#include "lora/core/compute.h"
#include "lora/core/matrix.h"

namespace lora {

/// y = x·σ(x), σ(x) = 1/(1 + exp(−x)), for x and y (n, m). y may be x.
void silu(const View& x, MutableView y, const Compute& compute);

/// dx += dy·σ(x)·(1 + x·(1 − σ(x))), all (n, m).
void silu_backward(const View& x, const View& dy, MutableView dx, const Compute& compute);

}  // namespace lora
