// What stands between the linear layers of a stack, and the table of its kinds.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lora/core/compute.h"
#include "lora/nn/layer.h"

namespace lora {

/// A function of single numbers, and its derivative's product with dy, which is added to dx. All
/// matrices are (n, m). The formulas stand in ops/relu.h, ops/gelu.h, ops/silu.h and ops/tanh.h.
struct ActivationKind {
  std::string_view name;
  std::string_view help;
  void (*forward)(const View& x, MutableView y, const Compute&);
  void (*backward)(const View& x, const View& dy, MutableView dx, const Compute&);
};

std::span<const ActivationKind> activation_kinds();

/// Works on (n, features), and has no parameters.
class Activation : public Layer {
 public:
  /// `kind` is one of activation_kinds(), which find_entry() finds by name.
  Activation(const ActivationKind& kind, Index features) : kind_(&kind), features_(features) {}

  Index in_features() const override { return features_; }
  Index out_features() const override { return features_; }
  void forward(const View& x, MutableView y, Tape& tape) const override;
  void backward(const View& dy, MutableView* dx, Tape& tape) override;
  void visit(const std::string& /*prefix*/, Visitor& /*visitor*/) override {}

 private:
  const ActivationKind* kind_;
  Index features_;
};

}  // namespace lora
