// What the optimisers make of fixed numbers, as text: the bit patterns of a step's parameters on
// each line.
#pragma once

#include <bit>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "lora/core/parameter.h"
#include "lora/optim/optimizer.h"

namespace lora::test {

/// Two parameters that start alike; the second is decayed and learns 4 times as fast.
struct TwoParameters {
  TwoParameters() {
    plain.set_trainable(true);
    decayed.set_trainable(true);
  }

  std::unique_ptr<Optimizer> optimizer(const OptimizerKind& kind, const OptimizerOptions& options,
                                       double weight_decay) {
    return kind.make(options, {{{&plain}, 0}, {{&decayed}, weight_decay, 4}});
  }

  /// Gradients that need no generator: fractions of many digits with both signs.
  void set_gradients(int step) {
    for (Index i = 0; i < plain.grad.size(); ++i) {
      const auto mixed =
          static_cast<std::uint32_t>(i + 1) * 2654435761U * static_cast<std::uint32_t>(step + 1);
      plain.grad.data()[i] =
          static_cast<Real>(static_cast<double>(mixed) * 0x1p-31 - 1) / static_cast<Real>(i + 1);
    }
    decayed.grad = plain.grad;
  }

  Parameter plain{Matrix::Constant(3, 13, Real{0.7F}), {}};
  Parameter decayed = plain;
};

/// The factor of the gradients that the steps here are taken with.
constexpr double kGradientScale = 1.0 / 39;

/// A kind's own settings, and others of what it uses.
inline std::vector<OptimizerOptions> varied_options(const OptimizerKind& kind) {
  std::vector<OptimizerOptions> all = {{}};
  if (kind.defaults.beta1) all.push_back({0.3, {}, {}});
  if (kind.defaults.momentum) all.push_back({{}, {}, {}, 0.9});
  if (kind.defaults.nesterov) all.push_back({{}, {}, {}, 0.9, true});
  return all;
}

inline std::string bits_of(const Matrix& matrix) {
  std::string text;
  for (Index i = 0; i < matrix.size(); ++i) {
    char bits[16];
    std::snprintf(bits, sizeof bits, " %08x",
                  std::bit_cast<std::uint32_t>(static_cast<float>(matrix.data()[i])));
    text += bits;
  }
  return text;
}

/// 100 steps of every optimiser with each of its settings.
inline std::string optimizer_listing() {
  std::string listing;
  for (const OptimizerKind& kind : optimizer_kinds()) {
    int setting = 0;
    for (const OptimizerOptions& options : varied_options(kind)) {
      TwoParameters parameters;
      const auto optimizer = parameters.optimizer(kind, options, 0.1);
      for (int step = 0; step < 100; ++step) {
        parameters.set_gradients(step);
        optimizer->step(0.01, kGradientScale);
        listing += std::string(kind.name) + ", setting " + std::to_string(setting) + ", step " +
                   std::to_string(step) + ":" + bits_of(parameters.plain.value) +
                   bits_of(parameters.decayed.value) + "\n";
      }
      ++setting;
    }
  }
  return listing;
}

}  // namespace lora::test
