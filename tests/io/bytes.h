// Files made by hand, and what their readers say about them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lora/core/error.h"
#include "support/catch.h"

namespace lora::test {

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

inline std::string as_string(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A copy on the heap, exactly as long: the address sanitizer sees every read beyond it.
inline std::vector<std::byte> on_heap(std::string_view text) {
  const auto bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

/// "00ff…" as bytes.
inline std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

/// The low `count` bytes of a number, the lowest first.
inline std::string little_endian(std::uint64_t number, std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) bytes += static_cast<char>((number >> (8 * i)) & 0xFFU);
  return bytes;
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The sentence of the Error of that kind that `action` throws.
template <class Action>
std::string error_of(ErrorKind kind, Action action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    return error.what();
  }
  return "(nothing was thrown)";
}

/// Letters and signs that matter to one of the parsers, and some that never fit.
inline constexpr char kNastyText[] = "\0 \n\"'\\,:(){}[]0189-+.eLTF<>|\x7F\x80\xC3\xFF";
inline constexpr std::string_view kNastyBytes{kNastyText, sizeof(kNastyText) - 1};

}  // namespace lora::test
