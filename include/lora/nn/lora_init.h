// How the factors of a new adapter begin.
#pragma once

#include <span>
#include <string_view>

#include "lora/core/frozen_matrix.h"
#include "lora/core/matrix.h"
#include "lora/core/rng.h"

namespace lora {

struct LoraFactors {
  Matrix A;  ///< (rank, in)
  Matrix B;  ///< (out, rank)
};

/// For what an adapter begins.
struct InitContext {
  const FrozenMatrix& weight;  ///< of the layer
  Index rank;
  double scale;  ///< before the product of the factors
  Rng& rng;

  Index in() const { return weight.in_features(); }
  Index out() const { return weight.out_features(); }
};

struct LoraInit {
  std::string_view name;
  std::string_view help;
  /// Throws Error(usage) for a rank that does not suit.
  LoraFactors (*draw)(const InitContext&);
  /// Whether scale·B·A, as it begins, is taken out of the layer's weight, so that the sum of both
  /// is the weight that there was.
  bool subtracted = false;
};

std::span<const LoraInit> lora_inits();

/// The entry of that name. Throws Error(usage) if there is none.
const LoraInit& lora_init(std::string_view name);

/// Kaiming's uniform bound as torch.nn.Linear uses it, gain √(2 / (1 + √5²)): a hair under 1/√in.
double kaiming_bound(Index in);

/// Takes from the generator what PEFT does before any initialisation of its own: it makes two
/// linear layers, whose weights are drawn and thrown away. A run with the same seed must skip the
/// same numbers.
void skip_discarded_draws(const InitContext& context);

}  // namespace lora
