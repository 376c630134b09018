// What LoRA and DoRA are made of.
#pragma once

#include <optional>
#include <string>

#include "lora/nn/adapter.h"
#include "lora/nn/dropout.h"
#include "lora/nn/low_rank.h"

namespace lora {

struct LoraParts {
  LowRank trained;

  /// What the adapter began with, times −1, if its initialisation takes that out of the weight: so
  /// the weight itself stays as it is. Never trained, never counted.
  std::optional<LowRank> start;

  Dropout dropout;  ///< on the input of `trained`

  /// For a layer with that weight. Throws Error(usage) for an unknown initialisation, and for a
  /// rank that does not suit it.
  static LoraParts drawn(const AdapterOptions& options, const FrozenMatrix& weight, Rng& rng);

  /// The Euclidean length of each row of W + trained + start: norms (1, out).
  void output_norms(const FrozenMatrix& W, MutableView norms, Tape& tape) const;

  /// Rows first … first+count−1 of trained + start: (count, in), in double.
  DoubleMatrix rows(Index first, Index count) const;

  /// See Adapter::converted().
  std::optional<LoraFactors> converted() const;

  void visit(const std::string& prefix, Visitor& visitor);
};

}  // namespace lora
