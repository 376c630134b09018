// Principal singular values and vectors (Meng and others, 2024, arXiv 2404.02948).
#pragma once

#include "lora/nn/lora_init.h"

namespace lora {

/// The best part of rank `rank` of the weight, W ≈ U·S·Vᵀ, shared out evenly: B = U·√(S/scale), A =
/// √(S/scale)·Vᵀ. The scale must be above 0. Throws Error(usage) for a rank above one of the
/// weight's sides.
LoraFactors draw_pissa(const InitContext& context);

}  // namespace lora
