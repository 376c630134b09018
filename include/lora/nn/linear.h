// A linear layer: frozen weight, bias, and at most one adapter.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "lora/core/frozen_matrix.h"
#include "lora/core/parameter.h"
#include "lora/core/rng.h"
#include "lora/nn/adapter.h"
#include "lora/nn/layer.h"

namespace lora {

/// y = x·Wᵀ + b, then adapted, for x (n, in), W (out, in), b (1, out) and y (n, out). W is never
/// trained; b only if it is made trainable.
class Linear : public Layer {
 public:
  /// `bias` is (1, out), or nothing. Throws Error(input) for a bias of another shape.
  explicit Linear(FrozenMatrix weight, std::optional<Matrix> bias = std::nullopt);

  /// With weight and bias drawn as torch.nn.Linear(in, out) draws them: both uniform from
  /// −1/√in to 1/√in, the weight's bound being kaiming_bound().
  static Linear drawn(Index in, Index out, Rng& rng);

  /// A layer of the same weight, which must outlive it, and a bias of its own with the same values,
  /// not trained; without adapter.
  Linear without_adapter() const;

  Index in_features() const override { return weight_.in_features(); }
  Index out_features() const override { return weight_.out_features(); }
  const FrozenMatrix& weight() const { return weight_; }
  Parameter* bias() { return bias_ ? &*bias_ : nullptr; }
  const Parameter* bias() const { return bias_ ? &*bias_ : nullptr; }

  /// Null if the layer has none.
  const Adapter* adapter() const { return adapter_.get(); }
  Adapter* adapter() { return adapter_.get(); }

  /// Gives the layer an adapter, made for its weight, in place of any that it had.
  void attach(std::unique_ptr<Adapter> adapter) { adapter_ = std::move(adapter); }

  /// Whether anything of it is trained.
  bool trains() const { return adapter_ != nullptr || (bias_ && bias_->trainable()); }

  /// False if an adapter stands in the weight's place.
  bool uses_base_product() const { return !adapter_ || adapter_->uses_base_product(); }

  /// The part that never changes: z = x·Wᵀ, (n, out).
  void base_product(const View& x, MutableView z, Tape& tape) const;

  void forward(const View& x, MutableView y, Tape& tape) const override;

  /// forward for a base product z that is known already; z may be empty if it is not used.
  void forward_from(const View& x, const View& z, MutableView y, Tape& tape) const;

  void backward(const View& dy, MutableView* dx, Tape& tape) override;
  void visit(const std::string& prefix, Visitor& visitor) override;

 private:
  void start_from_bias(MutableView& y) const;

  FrozenMatrix weight_;
  std::optional<Parameter> bias_;
  std::unique_ptr<Adapter> adapter_;
};

}  // namespace lora
