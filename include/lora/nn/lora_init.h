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

/// What an adapter begins for.
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

/// normal:      A and B from N(0, 1), as the demo draws them: ΔW is not 0.
/// kaiming:     A uniform within kaiming_bound(in), B = 0: PEFT's default.
/// gaussian:    A from N(0, 1/rank²), B = 0: PEFT's init_lora_weights="gaussian".
/// orthogonal, pissa, olora: see nn/orthogonal_init.h, nn/pissa_init.h and nn/olora_init.h.
std::span<const LoraInit> lora_inits();

/// The entry of that name. Throws Error(usage) if there is none.
const LoraInit& lora_init(std::string_view name);

/// The bound of kaiming_uniform_(a=√5), as torch.nn.Linear uses it: √3·gain/√in with gain √(2 / (1
/// + √5²)) (He and others, 2015, arXiv 1502.01852). In floating point a hair under 1/√in.
double kaiming_bound(Index in);

/// Takes from the generator what PEFT does before any initialisation of its own: it makes two
/// linear layers, whose weights are drawn and thrown away. A run with the same seed must skip the
/// same numbers.
void skip_discarded_draws(const InitContext& context);

}  // namespace lora
