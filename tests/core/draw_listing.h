// What the generator draws, as text: one line of bit patterns for each draw.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "lora/core/rng.h"

namespace lora::test {

inline std::string draw_line(const char* name, std::uint64_t seed,
                             const std::vector<float>& values) {
  std::string line = std::string(name) + " " + std::to_string(values.size()) + ", seed " +
                     std::to_string(seed) + ":";
  for (const float value : values) {
    char bits[16];
    std::snprintf(bits, sizeof bits, " %08x", std::bit_cast<std::uint32_t>(value));
    line += bits;
  }
  return line + "\n";
}

/// Uniforms and normals of many sizes and seeds.
inline std::string draw_listing() {
  std::string listing;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Rng rng(seed * 0x9E3779B97F4A7C15U);
    for (const std::size_t n : {1U, 5U, 15U, 16U, 17U, 100U, 333U}) {
      std::vector<float> values(n);
      rng.fill_normal(values, 0, 1);
      listing += draw_line("normal", seed, values);
      rng.fill_normal(values, 0.3, 0.7);
      listing += draw_line("normal of mean 0.3", seed, values);
      rng.fill_uniform(values, -0.377, 0.59);
      listing += draw_line("uniform", seed, values);
    }
  }
  return listing;
}

}  // namespace lora::test
