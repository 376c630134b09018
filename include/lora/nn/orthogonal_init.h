// Factors that are orthogonal to each other (Datta0, "Rethink LoRA initialisation", 2024).
#pragma once

#include "lora/nn/lora_init.h"

namespace lora {

/// As PEFT: A and B are random combinations of the odd and the even rows of an orthogonal matrix
/// of (rank, rank), so that neither is 0 but B·A is, up to rounding. Throws Error(usage) for an odd
/// rank.
LoraFactors draw_orthogonal(const InitContext& context);

}  // namespace lora
