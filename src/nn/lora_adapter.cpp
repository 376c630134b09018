#include "lora/nn/lora_adapter.h"

#include <utility>

namespace lora {

LoraAdapter::LoraAdapter(Matrix A, Matrix B, double scale, double dropout)
    : parts_{LowRank({std::move(A), std::move(B)}, scale, /*trained=*/true), std::nullopt,
             Dropout(dropout)} {}

std::unique_ptr<Adapter> LoraAdapter::make(const AdapterOptions& options,
                                           const FrozenMatrix& weight, Rng& rng) {
  return std::make_unique<LoraAdapter>(LoraParts::drawn(options, weight, rng));
}

void LoraAdapter::forward(const FrozenMatrix& /*W*/, const View& x, const View& /*z*/,
                          MutableView y, Tape& tape) const {
  if (parts_.start) parts_.start->forward(x, y, tape);
  parts_.trained.forward(parts_.dropout.forward(x, tape), y, tape);
}

std::optional<View> LoraAdapter::backward(const FrozenMatrix& /*W*/, const View& dy,
                                          MutableView* dx, Tape& tape) {
  parts_.dropout.backward(
      dx, tape, [&](MutableView* d_input) { parts_.trained.backward(dy, d_input, tape); });
  if (parts_.start) parts_.start->backward(dy, dx, tape);
  return dy;
}

DoubleMatrix LoraAdapter::delta(const FrozenMatrix& /*W*/, Index first, Index count) const {
  return parts_.rows(first, count);
}

void LoraAdapter::visit(const std::string& prefix, Visitor& visitor) {
  parts_.visit(prefix, visitor);
}

}  // namespace lora
