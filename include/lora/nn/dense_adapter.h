// Full fine-tuning, the baseline that low-rank adapters are compared with.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "lora/core/parameter.h"
#include "lora/nn/adapter.h"

namespace lora {

/// A trained copy of the layer's weight, which stands in the weight's place. It is the copy that is
/// decayed, as PyTorch decays a weight that it trains, and not what the copy adds to the weight.
class DenseAdapter : public Adapter {
 public:
  /// `weight` is (out, in).
  explicit DenseAdapter(Matrix weight);

  /// The copy begins as the weight; the options and `rng` are not looked at.
  static std::unique_ptr<Adapter> make(const AdapterOptions& options, const FrozenMatrix& weight,
                                       Rng& rng);

  bool uses_base_product() const override { return false; }
  void forward(const FrozenMatrix& W, const View& x, const View& z, MutableView y,
               Tape& tape) const override;
  std::optional<View> backward(const FrozenMatrix& W, const View& dy, MutableView* dx,
                               Tape& tape) override;
  DoubleMatrix delta(const FrozenMatrix& W, Index first, Index count) const override;
  void visit(const std::string& prefix, Visitor& visitor) override;

 private:
  Parameter weight_;
};

}  // namespace lora
