#include "lora/nn/activation.h"

#include <array>

#include "lora/ops/gelu.h"
#include "lora/ops/relu.h"
#include "lora/ops/silu.h"
#include "lora/ops/tanh.h"

namespace lora {

namespace {

constexpr std::array kKinds = {
    ActivationKind{"relu", "max(x, 0), torch.nn.ReLU", relu, relu_backward},
    ActivationKind{"gelu", "x times the normal distribution at x, torch.nn.GELU", gelu,
                   gelu_backward},
    ActivationKind{"gelu_tanh", "the same approximated, torch.nn.GELU(approximate='tanh')",
                   gelu_tanh, gelu_tanh_backward},
    ActivationKind{"silu", "x times its sigmoid, torch.nn.SiLU", silu, silu_backward},
    ActivationKind{"tanh", "torch.nn.Tanh", tanh, tanh_backward},
};

}  // namespace

std::span<const ActivationKind> activation_kinds() {
  return kKinds;
}

void Activation::forward(const View& x, MutableView y, Tape& tape) const {
  kind_->forward(x, y, tape.compute());
  tape.save(this, {x});
}

void Activation::backward(const View& dy, MutableView* dx, Tape& tape) {
  const ViewMap& x = tape.take(this)[0];
  if (dx != nullptr) kind_->backward(x, dy, *dx, tape.compute());
}

}  // namespace lora
