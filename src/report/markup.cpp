#include "lora/report/markup.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdlib>

#include "lora/core/text.h"

namespace lora {

namespace {

constexpr std::size_t kLongestNumber = 400;  // of a double with all digits before its point
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

std::string text_of(double value, std::chars_format format, int digits) {
  std::array<char, kLongestNumber> memory{};
  const auto end =
      std::to_chars(memory.data(), memory.data() + memory.size(), value, format, digits).ptr;
  return {memory.data(), end};
}

/// The digits behind a point are cut where they are zeros.
void drop_zeros(std::string& number) {
  if (number.find('.') == std::string::npos) return;
  number.resize(number.find_last_not_of('0') + 1);
  if (number.back() == '.') number.pop_back();
}

void add_escaped(std::string& result, char c) {
  switch (c) {
    case '&':
      result += "&amp;";
      return;
    case '<':
      result += "&lt;";
      return;
    case '>':
      result += "&gt;";
      return;
    case '"':
      result += "&quot;";
      return;
    case '\'':
      result += "&#39;";
      return;
    default:
      break;
  }
  const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  if (control && c != '\t' && c != '\n' && c != '\r') {
    result += kReplacement;
  } else {
    result += c;
  }
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t good = std::min(find_invalid_utf8(text), text.size());
    for (const char c : text.substr(0, good)) add_escaped(result, c);
    text.remove_prefix(good);
    if (text.empty()) break;
    result += kReplacement;
    text.remove_prefix(1);
  }
  return result;
}

std::string decimal(double value, int digits) {
  std::string number = text_of(value, std::chars_format::fixed, digits);
  drop_zeros(number);
  return number == "-0" ? "0" : number;
}

std::string significant(double value, int digits) {
  constexpr int kLeastExponent = -3;
  if (!std::isfinite(value)) return "-";
  if (value == 0) return "0";
  std::string number = text_of(value, std::chars_format::scientific, digits - 1);
  const std::size_t e = number.find('e');
  const int exponent = std::atoi(number.c_str() + e + 1);
  if (exponent >= kLeastExponent && exponent < 6) {
    return decimal(value, std::max(0, digits - 1 - exponent));
  }
  number.resize(e);
  drop_zeros(number);
  return number + "e" + std::to_string(exponent);
}

}  // namespace lora
