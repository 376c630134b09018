#include "lora/core/text.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace lora {

namespace {

constexpr int kLongest = 60;  // characters
constexpr std::size_t kNamesListed = 8;

/// First and last code point of the sequences of two, three and four bytes.
struct Range {
  std::uint32_t first;
  std::uint32_t last;
};
constexpr std::array<Range, 5> kRanges = {
    {{0, 0}, {0, 0x7F}, {0x80, 0x7FF}, {0x800, 0xFFFF}, {0x10000, 0x10FFFF}}};

std::size_t announced_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if ((lead & 0xE0U) == 0xC0) return 2;
  if ((lead & 0xF0U) == 0xE0) return 3;
  if ((lead & 0xF8U) == 0xF0) return 4;
  return 0;
}

/// Bytes of the character at the front of `text`, which is not empty; 0 if it is not UTF-8.
std::size_t character_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = announced_length(lead);
  if (length <= 1) return length;
  if (text.size() < length) return 0;
  std::uint32_t code = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0U) != 0x80) return 0;
    code = code << 6U | (byte & 0x3FU);
  }
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  const bool in_range = code >= kRanges[length].first && code <= kRanges[length].last;
  return in_range && !surrogate ? length : 0;
}

/// ASCII's control characters, and those that Latin-1 added (U+0080 to U+009F).
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (first == 0xC2) return static_cast<unsigned char>(character[1]) < 0xA0;
  return first < 0x20 || first == 0x7F;
}

std::string escaped(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result;
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    if (byte == '\t') {
      result += "\\t";
    } else if (byte == '\n') {
      result += "\\n";
    } else if (byte == '\r') {
      result += "\\r";
    } else {
      result += {'\\', 'x', kDigits[value >> 4U], kDigits[value & 15U]};
    }
  }
  return result;
}

}  // namespace

std::size_t find_invalid_utf8(std::string_view text) {
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t length = character_length(text.substr(position));
    if (length == 0) return position;
    position += length;
  }
  return std::string_view::npos;
}

bool is_printable(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    if (length == 0 || is_control(text.substr(0, length))) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool equal_but_for_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(
      text, lower, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

bool ends_in(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         equal_but_for_case(text.substr(text.size() - lower.size()), lower);
}

std::string in_quotes(std::string_view text) {
  std::string result = "'";
  for (int count = 0; !text.empty(); ++count) {
    if (count == kLongest) return result + "…'";
    const std::string_view character =
        text.substr(0, std::max<std::size_t>(character_length(text), 1));
    result += is_printable(character) ? std::string(character) : escaped(character);
    text.remove_prefix(character.size());
  }
  return result + "'";
}

std::string listed_in_quotes(const std::vector<std::string>& names) {
  std::string result;
  for (std::size_t i = 0; i < std::min(names.size(), kNamesListed); ++i) {
    result += (i == 0 ? "" : ", ") + in_quotes(names[i]);
  }
  return names.size() > kNamesListed ? result + ", …" : result;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(separator, start), text.size());
    parts.emplace_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

}  // namespace lora
