// Orthonormal low-rank adaptation (Büyükakyüz, 2024, arXiv 2406.01775).
#pragma once

#include "lora/nn/lora_init.h"

namespace lora {

/// The first columns and rows of the weight's QR factorisation: B = Q (out, rank), A = R (rank,
/// in). Throws Error(usage) for a rank above one of the weight's sides.
LoraFactors draw_olora(const InitContext& context);

}  // namespace lora
