// What the initialisations that take a weight apart have in common.
#pragma once

#include <algorithm>
#include <string_view>

#include "lora/core/error.h"
#include "lora/nn/lora_init.h"
#include "lora/ops/frozen.h"

namespace lora {

/// Throws Error(usage) if a weight has fewer directions than the rank wants.
inline void check_rank_fits(std::string_view init, const InitContext& context) {
  const Index most = std::min(context.in(), context.out());
  if (context.rank <= most) return;
  throw Error(ErrorKind::usage, "initialisation '", init, "' of rank ", context.rank,
              " needs a weight with no side below it, not one of (", context.out(), ", ",
              context.in(), "); the rank can be ", most, " at most");
}

/// The layer's weight, (out, in).
inline DoubleMatrix weight_in_double(const InitContext& context) {
  Matrix weight(context.out(), context.in());
  unpack_outputs(context.weight, 0, weight);
  return weight.cast<double>();
}

}  // namespace lora
