#include "lora/nn/dense_adapter.h"

#include <utility>

#include "lora/ops/frozen.h"
#include "lora/ops/matmul.h"

namespace lora {

DenseAdapter::DenseAdapter(Matrix weight) : weight_{std::move(weight), {}} {
  weight_.set_trainable(true);
}

std::unique_ptr<Adapter> DenseAdapter::make(const AdapterOptions& /*options*/,
                                            const FrozenMatrix& weight, Rng& /*rng*/) {
  Matrix copy(weight.out_features(), weight.in_features());
  unpack_outputs(weight, 0, copy);
  return std::make_unique<DenseAdapter>(std::move(copy));
}

void DenseAdapter::forward(const FrozenMatrix& /*W*/, const View& x, const View& /*z*/,
                           MutableView y, Tape& tape) const {
  matmul_nt(x, weight_.value, y, 1, 1, tape.compute());  // y += x Ŵᵀ
  tape.save(this, {x});
}

std::optional<View> DenseAdapter::backward(const FrozenMatrix& /*W*/, const View& dy,
                                           MutableView* dx, Tape& tape) {
  const ViewMap& x = tape.take(this)[0];
  add_matmul_tn(dy, x, tape.gradient_of(weight_), 1, tape.compute());          // dŴ += dyᵀ x
  if (dx != nullptr) matmul_nn(dy, weight_.value, *dx, 1, 1, tape.compute());  // dx += dy Ŵ
  return std::nullopt;
}

DoubleMatrix DenseAdapter::delta(const FrozenMatrix& W, Index first, Index count) const {
  Matrix stored(count, W.in_features());
  unpack_outputs(W, first, stored);
  return weight_.value.middleRows(first, count).cast<double>() - stored.cast<double>();
}

void DenseAdapter::visit(const std::string& prefix, Visitor& visitor) {
  visitor.parameter(join_path(prefix, "weight"), weight_);
}

}  // namespace lora
