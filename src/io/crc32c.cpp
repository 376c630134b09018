#include "lora/io/crc32c.h"

#include <array>

namespace lora {

namespace {

using Table = std::array<std::uint32_t, 256>;

/// What each byte does to a sum of 0, the lowest bit first.
constexpr Table table_of_bytes() {
  constexpr std::uint32_t kReversedPolynomial = 0x82F63B78;
  Table table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) {
      sum = (sum >> 1U) ^ ((sum & 1U) != 0 ? kReversedPolynomial : 0);
    }
    table[byte] = sum;
  }
  return table;
}

constexpr Table kTable = table_of_bytes();

}  // namespace

std::uint32_t crc32c(std::span<const std::byte> bytes) {
  std::uint32_t sum = 0xFFFFFFFF;
  for (const std::byte byte : bytes) {
    sum = (sum >> 8U) ^ kTable[(sum ^ std::to_integer<std::uint32_t>(byte)) & 0xFFU];
  }
  return ~sum;
}

}  // namespace lora
