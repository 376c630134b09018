// Whole numbers in a file's bytes, the lowest first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace lora {

/// The number that all of `bytes`, at most 8 of them, make.
inline std::uint64_t little_endian(std::span<const std::byte> bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    number = (number << 8U) | std::to_integer<std::uint64_t>(bytes[i]);
  }
  return number;
}

}  // namespace lora
