#include "lora/io/text.h"

#include <cstddef>

namespace lora {

namespace {

constexpr std::size_t kLongestQuote = 80;

unsigned byte_at(std::string_view text, std::size_t position) {
  return static_cast<unsigned char>(text[position]);
}

struct Lead {
  std::size_t length;  // of the whole sequence; 0: no sequence starts with this byte
  unsigned low;        // the range of the second byte
  unsigned high;
};

Lead lead_of(unsigned byte) {
  if (byte < 0x80) return {1, 0, 0};
  if (byte >= 0xC2 && byte <= 0xDF) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  if (byte >= 0xF1 && byte <= 0xF3) return {4, 0x80, 0xBF};
  return {0, 0, 0};
}

/// Bytes of the character that starts at `position`; 0 if none does.
std::size_t character_length(std::string_view text, std::size_t position) {
  const Lead lead = lead_of(byte_at(text, position));
  if (lead.length < 2) return lead.length;
  if (text.size() - position < lead.length) return 0;
  const unsigned second = byte_at(text, position + 1);
  if (second < lead.low || second > lead.high) return 0;
  for (std::size_t i = 2; i < lead.length; ++i) {
    if ((byte_at(text, position + i) & 0xC0U) != 0x80U) return 0;
  }
  return lead.length;
}

void append_escaped(std::string& result, unsigned byte) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  result += "\\x";
  result += kDigits[byte >> 4U];
  result += kDigits[byte & 15U];
}

}  // namespace

std::size_t find_invalid_utf8(std::string_view text) {
  std::size_t position = 0;
  while (position < text.size()) {
    const std::size_t length = character_length(text, position);
    if (length == 0) return position;
    position += length;
  }
  return std::string_view::npos;
}

std::string in_quotes(std::string_view text) {
  std::string result = "'";
  std::size_t position = 0;
  while (position < text.size() && position < kLongestQuote) {
    const unsigned byte = byte_at(text, position);
    const std::size_t length = character_length(text, position);
    if (length == 0 || byte < 0x20 || byte == 0x7F) {
      append_escaped(result, byte);
      ++position;
    } else {
      result += text.substr(position, length);
      position += length;
    }
  }
  return result + (position < text.size() ? "…'" : "'");
}

}  // namespace lora
