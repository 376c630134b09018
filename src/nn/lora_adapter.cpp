#include "lora/nn/lora_adapter.h"

#include <utility>

#include "lora/nn/lora_init.h"
#include "lora/ops/matmul.h"

namespace lora {

LoraAdapter::LoraAdapter(Matrix A, Matrix B, double scale)
    : A_{std::move(A), {}}, B_{std::move(B), {}}, scale_(scale) {
  A_.set_trainable(true);
  B_.set_trainable(true);
}

std::unique_ptr<Adapter> LoraAdapter::make(const AdapterOptions& options, Index in, Index out,
                                           Rng& rng) {
  LoraFactors factors = lora_init(options.init).draw(in, out, options.rank, rng);
  return std::make_unique<LoraAdapter>(std::move(factors.A), std::move(factors.B), options.scale());
}

void LoraAdapter::forward(const View& x, const View& /*z*/, MutableView y, Tape& tape) const {
  auto h = tape.buffer(x.rows(), A_.value.rows());
  matmul_nt(x, A_.value, h, 1, 0, tape.compute());    // h  = x Aᵀ
  matmul_nt(h, B_.value, y, s(), 1, tape.compute());  // y += s h Bᵀ
  tape.save(this, {x, h});
}

View LoraAdapter::backward(const View& dy, MutableView* dx, Tape& tape) {
  const auto& saved = tape.take(this);
  const ViewMap& x = saved[0];
  const ViewMap& h = saved[1];
  add_matmul_tn(dy, h, B_.grad, s(), tape.compute());  // dB += s dyᵀ h

  auto dh = tape.buffer(dy.rows(), A_.value.rows());
  matmul_nn(dy, B_.value, dh, s(), 0, tape.compute());                    // dh  = s dy B
  add_matmul_tn(dh, x, A_.grad, 1, tape.compute());                       // dA += dhᵀ x
  if (dx != nullptr) matmul_nn(dh, A_.value, *dx, 1, 1, tape.compute());  // dx += dh A
  return dy;
}

DoubleMatrix LoraAdapter::delta(Index first, Index count) const {
  const DoubleMatrix B = B_.value.middleRows(first, count).cast<double>();
  return scale_ * (B * A_.value.cast<double>());
}

void LoraAdapter::visit(const std::string& prefix, Visitor& visitor) {
  visitor.parameter(join_path(prefix, "lora_A.weight"), A_);
  visitor.parameter(join_path(prefix, "lora_B.weight"), B_);
}

}  // namespace lora
