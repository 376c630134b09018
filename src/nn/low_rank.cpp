#include "lora/nn/low_rank.h"

#include <utility>

#include "lora/ops/matmul.h"

namespace lora {

LowRank::LowRank(LoraFactors factors, double scale, bool trained)
    : A_{std::move(factors.A), {}}, B_{std::move(factors.B), {}}, scale_(scale) {
  A_.set_trainable(trained);
  B_.set_trainable(trained);
}

void LowRank::forward(const View& x, MutableView y, Tape& tape) const {
  auto h = tape.buffer(x.rows(), A_.value.rows());
  matmul_nt(x, A_.value, h, 1, 0, tape.compute());    // h  = x Aᵀ
  matmul_nt(h, B_.value, y, s(), 1, tape.compute());  // y += s h Bᵀ
  if (A_.trainable()) tape.save(this, {x, h});
}

void LowRank::backward(const View& dy, MutableView* dx, Tape& tape) {
  if (!A_.trainable() && dx == nullptr) return;
  auto dh = tape.buffer(dy.rows(), A_.value.rows());
  matmul_nn(dy, B_.value, dh, s(), 0, tape.compute());  // dh  = s dy B
  if (A_.trainable()) {
    const auto& saved = tape.take(this);
    const ViewMap& x = saved[0];
    const ViewMap& h = saved[1];
    add_matmul_tn(dy, h, tape.gradient_of(B_), s(), tape.compute());  // dB += s dyᵀ h
    add_matmul_tn(dh, x, tape.gradient_of(A_), 1, tape.compute());    // dA += dhᵀ x
  }
  if (dx != nullptr) matmul_nn(dh, A_.value, *dx, 1, 1, tape.compute());  // dx += dh A
}

DoubleMatrix LowRank::rows(Index first, Index count) const {
  const DoubleMatrix B = B_.value.middleRows(first, count).cast<double>();
  return scale_ * (B * A_.value.cast<double>());
}

}  // namespace lora
