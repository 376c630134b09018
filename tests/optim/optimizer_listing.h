// What Adam makes of fixed numbers, as text: the bit patterns of a step's parameters on each line.
#pragma once

#include <bit>
#include <cstdint>
#include <cstdio>
#include <string>

#include "lora/core/parameter.h"
#include "lora/optim/adam.h"

namespace lora::test {

/// Gradients that need no generator: fractions of many digits with both signs.
inline void set_gradient(Parameter& parameter, int step) {
  for (Index i = 0; i < parameter.grad.size(); ++i) {
    const auto mixed =
        static_cast<std::uint32_t>(i + 1) * 2654435761U * static_cast<std::uint32_t>(step + 1);
    parameter.grad.data()[i] =
        static_cast<Real>(static_cast<double>(mixed) * 0x1p-31 - 1) / static_cast<Real>(i + 1);
  }
}

/// 300 steps each of several settings, with and without weight decay.
inline std::string adam_listing() {
  std::string listing;
  for (const double beta1 : {0.9, 0.3}) {
    Parameter parameter{Matrix::Constant(3, 13, Real{0.7F}), {}};
    Parameter decayed = parameter;
    parameter.set_trainable(true);
    decayed.set_trainable(true);
    Adam adam({beta1, {}, {}}, {{{&parameter}, 0}, {{&decayed}, 0.1}});
    for (int step = 0; step < 300; ++step) {
      set_gradient(parameter, step);
      set_gradient(decayed, step);
      adam.step(0.01, 1.0 / 39);
      listing += "beta1 " + std::to_string(beta1) + ", step " + std::to_string(step) + ":";
      for (const Parameter* changed : {&parameter, &decayed}) {
        for (Index i = 0; i < changed->value.size(); ++i) {
          char bits[16];
          std::snprintf(bits, sizeof bits, " %08x",
                        std::bit_cast<std::uint32_t>(static_cast<float>(changed->value.data()[i])));
          listing += bits;
        }
      }
      listing += "\n";
    }
  }
  return listing;
}

}  // namespace lora::test
