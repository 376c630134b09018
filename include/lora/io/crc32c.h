// The check sum of TFRecord files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace lora {

/// CRC-32C: Castagnoli's polynomial, as RFC 3720 has it.
std::uint32_t crc32c(std::span<const std::byte> bytes);

}  // namespace lora
