// How the factors of a new adapter are drawn.
#pragma once

#include <span>
#include <string_view>

#include "lora/core/matrix.h"
#include "lora/core/rng.h"

namespace lora {

struct LoraFactors {
  Matrix A;  ///< (rank, in)
  Matrix B;  ///< (out, rank)
};

struct LoraInit {
  std::string_view name;
  std::string_view help;
  LoraFactors (*draw)(Index in, Index out, Index rank, Rng&);
};

std::span<const LoraInit> lora_inits();

/// The entry of that name. Throws Error(usage) if there is none.
const LoraInit& lora_init(std::string_view name);

/// Kaiming's uniform bound as torch.nn.Linear uses it, gain √(2 / (1 + √5²)): a hair under 1/√in.
double kaiming_bound(Index in);

}  // namespace lora
