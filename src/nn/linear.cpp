#include "lora/nn/linear.h"

#include <cmath>
#include <utility>

#include "lora/core/error.h"
#include "lora/nn/lora_init.h"
#include "lora/ops/bias.h"
#include "lora/ops/frozen.h"

namespace lora {

Linear::Linear(FrozenMatrix weight, std::optional<Matrix> bias) : weight_(std::move(weight)) {
  if (!bias) return;
  if (bias->rows() != 1 || bias->cols() != out_features()) {
    throw Error(ErrorKind::input, "a layer of ", out_features(), " outputs needs a bias of (1, ",
                out_features(), "), not (", bias->rows(), ", ", bias->cols(), ")");
  }
  bias_.emplace(Parameter{std::move(*bias), {}});
}

Linear Linear::drawn(Index in, Index out, Rng& rng) {
  const double weight_bound = kaiming_bound(in);
  const double bias_bound = 1.0 / std::sqrt(static_cast<double>(in));
  Matrix weight = rng.uniform(out, in, -weight_bound, weight_bound);
  Matrix bias = rng.uniform(1, out, -bias_bound, bias_bound);
  return Linear(FrozenMatrix(std::move(weight)), std::move(bias));
}

Linear Linear::without_adapter() const {
  FrozenMatrix same(weight_.bytes(), weight_.dtype(), weight_.rows(), weight_.cols(),
                    weight_.layout());
  return Linear(std::move(same), bias_ ? std::optional(bias_->value) : std::nullopt);
}

void Linear::base_product(const View& x, MutableView z, Tape& tape) const {
  frozen_product(x, weight_, z, tape);
}

void Linear::forward(const View& x, MutableView y, Tape& tape) const {
  if (!uses_base_product()) return forward_from(x, tape.buffer(0, out_features()), y, tape);
  auto z = tape.buffer(x.rows(), out_features());
  base_product(x, z, tape);
  forward_from(x, z, y, tape);
}

void Linear::forward_from(const View& x, const View& z, MutableView y, Tape& tape) const {
  if (!uses_base_product()) {
    start_from_bias(y);
  } else if (bias_) {
    add_bias(z, bias_->value, y, tape.compute());
  } else {
    y = z;
  }
  if (adapter_) adapter_->forward(weight_, x, z, y, tape);
}

void Linear::start_from_bias(MutableView& y) const {
  if (bias_) {
    y.rowwise() = bias_->value.row(0);
  } else {
    y.setZero();
  }
}

void Linear::backward(const View& dy, MutableView* dx, Tape& tape) {
  if (bias_ && bias_->trainable()) add_bias_backward(dy, tape.gradient_of(*bias_));
  const std::optional<View> dz = adapter_ ? adapter_->backward(weight_, dy, dx, tape) : dy;
  if (dx != nullptr && dz) frozen_product_backward(*dz, weight_, *dx, tape);
}

void Linear::visit(const std::string& prefix, Visitor& visitor) {
  visitor.linear(prefix, *this);
  if (uses_base_product()) visitor.frozen(join_path(prefix, "weight"), weight_);
  if (bias_) visitor.parameter(join_path(prefix, "bias"), *bias_);
  if (adapter_) adapter_->visit(prefix, visitor);
}

}  // namespace lora
