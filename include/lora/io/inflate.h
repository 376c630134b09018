// What zlib does for this program: inflating, and ZIP's check sum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace lora {

/// The most bytes that one byte of deflated data can stand for: two bits repeat 258 bytes.
inline constexpr std::uint64_t kLargestInflation = 1032;

enum class InflateEnd {
  complete,     ///< the data ended, and all of it is in the target
  target_full,  ///< the data holds more than fits the target
  cut_off,      ///< the data stops before its end mark
  corrupt,      ///< the data is not deflated
};

struct Inflated {
  std::size_t size;  ///< bytes at the start of the target that are right in any case
  InflateEnd end;
};

/// Inflates raw deflated data (RFC 1951, no zlib or gzip header) into `target`. Bytes after the end
/// mark are not looked at. Throws std::bad_alloc.
Inflated inflate_into(std::span<const std::byte> data, std::span<std::byte> target);

/// CRC-32 as ZIP and gzip have it.
std::uint32_t crc32_of(std::span<const std::byte> bytes);

}  // namespace lora
