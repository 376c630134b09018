// Floats against the bit patterns of a call in tests/golden/draws.json.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "support/catch.h"
#include "support/golden.h"

namespace lora::test {

inline std::vector<std::uint32_t> bits_of(const std::vector<float>& floats) {
  std::vector<std::uint32_t> bits;
  for (const float value : floats) bits.push_back(std::bit_cast<std::uint32_t>(value));
  return bits;
}

/// Checks that a call returned these floats: the first of them one by one, all by their sum.
inline void check_bits(const std::vector<float>& floats, const nlohmann::json& call) {
  std::vector<std::uint32_t> bits = bits_of(floats);
  CHECK(bits.size() == unsigned_of(call.at("count")));
  std::uint64_t sum = 0;
  for (const std::uint32_t pattern : bits) sum += pattern;
  CHECK(sum == unsigned_of(call.at("sum_bits")));
  const auto expected = call.at("bits").get<std::vector<std::uint32_t>>();
  bits.resize(std::min(bits.size(), expected.size()));
  CHECK(bits == expected);
}

}  // namespace lora::test
