#include "lora/data/text_number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <system_error>

#include "lora/core/text.h"

namespace lora {

namespace {

using std::string_view;

constexpr auto npos = string_view::npos;

bool is_sign(char c) {
  return c == '+' || c == '-';
}

string_view without_sign(string_view text) {
  if (!text.empty() && is_sign(text[0])) text.remove_prefix(1);
  return text;
}

/// from_chars knows no leading plus.
string_view without_plus(string_view text) {
  const bool plus = text.size() > 1 && text[0] == '+' && !is_sign(text[1]);
  return plus ? text.substr(1) : text;
}

bool is_number(string_view text) {
  float ignored = 0;
  text = without_plus(text);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ignored);
  return !text.empty() && error == std::errc() && end == text.data() + text.size() &&
         std::isfinite(ignored);
}

std::string replaced(string_view text, char from, string_view to) {
  std::string result;
  for (const char c : text) {
    if (c == from) {
      result += to;
    } else {
      result += c;
    }
  }
  return result;
}

constexpr std::array<string_view, 7> kMissingMarks = {"<NA>", "#N/A", "#NA", "NULL",
                                                      "null", "NaT",  "\\N"};

bool is_missing(string_view text) {
  constexpr std::array<string_view, 8> kWords = {"NA", "N/A", "n/a", "None", "none", "?", "-", "."};
  return std::ranges::find(kWords, text) != kWords.end() ||
         std::ranges::find(kMissingMarks, text) != kMissingMarks.end();
}

bool has_decimal_comma(string_view text) {
  const bool one = std::count(text.begin(), text.end(), ',') == 1;
  return one && is_number(replaced(text, ',', "."));
}

/// "1,234.5" and "1.234,5" as "1234.5"; what comes last of the two is the decimal sign.
std::string without_thousands(string_view text) {
  const auto comma = text.rfind(',');
  const auto point = text.rfind('.');
  const bool decimal_comma = point != npos && comma != npos && comma > point;
  if (decimal_comma) return replaced(replaced(text, '.', ""), ',', ".");
  return replaced(text, ',', "");
}

bool has_thousands(string_view text) {
  return text.find(',') != npos && is_number(without_thousands(text));
}

bool has_underscore(string_view text) {
  return text.find('_') != npos && is_number(replaced(text, '_', ""));
}

bool is_hexadecimal(string_view text) {
  text = without_sign(text);
  return text.size() > 2 && (text.starts_with("0x") || text.starts_with("0X")) &&
         text.find_first_not_of("0123456789abcdefABCDEF", 2) == npos;
}

bool has_two_signs(string_view text) {
  return text.size() > 2 && is_sign(text[0]) && is_sign(text[1]) &&
         is_number(text.substr(text.find_last_of("+-", 2) + 1));
}

bool has_empty_exponent(string_view text) {
  if (!text.empty() && is_sign(text.back())) text.remove_suffix(1);
  const bool exponent = !text.empty() && (text.back() == 'e' || text.back() == 'E');
  return exponent && is_number(text.substr(0, text.size() - 1));
}

bool is_percentage(string_view text) {
  return text.ends_with('%') && is_number(trimmed(text.substr(0, text.size() - 1)));
}

bool are_several(string_view text) {
  const auto blank = text.find_first_of(" \t");
  if (blank == npos || !is_number(text.substr(0, blank))) return false;
  const string_view rest = trimmed(text.substr(blank));
  return is_number(rest.substr(0, rest.find_first_of(" \t")));
}

bool is_truth_value(string_view text) {
  return equal_but_for_case(text, "true") || equal_but_for_case(text, "false");
}

struct Rule {
  NumberFault fault;
  bool (*matches)(string_view text);
};

constexpr std::array kRules = {
    Rule{NumberFault::missing, is_missing},
    Rule{NumberFault::decimal_comma, has_decimal_comma},
    Rule{NumberFault::thousands, has_thousands},
    Rule{NumberFault::underscore, has_underscore},
    Rule{NumberFault::hexadecimal, is_hexadecimal},
    Rule{NumberFault::two_signs, has_two_signs},
    Rule{NumberFault::exponent, has_empty_exponent},
    Rule{NumberFault::percent, is_percentage},
    Rule{NumberFault::several, are_several},
    Rule{NumberFault::truth_value, is_truth_value},
};

NumberFault fault_of(string_view text) {
  for (const Rule& rule : kRules) {
    if (rule.matches(text)) return rule.fault;
  }
  return NumberFault::text;
}

/// Whether a decimal number that float cannot hold is too near to zero for it, and not too large:
/// the power of ten of its first digit, roughly, is negative.
bool is_tiny(string_view number) {
  number = without_sign(number);
  const auto e = std::min(number.find_first_of("eE"), number.size());
  long long exponent = 0;
  if (e < number.size()) {
    const string_view digits = without_plus(number.substr(e + 1));
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (error == std::errc::result_out_of_range) return digits.starts_with('-');
  }
  const string_view mantissa = number.substr(0, e);
  const auto point = static_cast<long long>(std::min(mantissa.find('.'), mantissa.size()));
  const auto first = static_cast<long long>(mantissa.find_first_of("123456789"));
  return point - first + exponent < 0;
}

}  // namespace

bool is_missing_mark(string_view text) {
  return std::ranges::find(kMissingMarks, text) != kMissingMarks.end() ||
         parse_number(text).fault == NumberFault::not_a_value;
}

string_view trimmed(string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

ParsedNumber parse_number(string_view cell) {
  const string_view text = trimmed(cell);
  if (text.empty()) return {0, NumberFault::empty};
  const string_view number = without_plus(text);
  const char* const last = number.data() + number.size();
  float value = 0;
  const auto [end, error] = std::from_chars(number.data(), last, value);
  if (end != last || error == std::errc::invalid_argument) return {0, fault_of(text)};
  if (error == std::errc::result_out_of_range) {
    if (!is_tiny(number)) return {0, NumberFault::too_large};
    return {number[0] == '-' ? -0.0F : 0.0F, NumberFault::none};
  }
  if (std::isnan(value)) return {0, NumberFault::not_a_value};
  if (std::isinf(value)) return {0, NumberFault::infinite};
  return {value, NumberFault::none};
}

std::string explain(NumberFault fault, string_view cell) {
  const std::string text = in_quotes(cell);
  switch (fault) {
    case NumberFault::empty:
      return "the cell is empty, where a number is needed";
    case NumberFault::missing:
      return text + " means a missing value, where a number is needed";
    case NumberFault::not_a_value:
      return text + " is not a number that can be computed with";
    case NumberFault::infinite:
      return text + " is infinite, where a finite number is needed";
    case NumberFault::too_large:
      return text + " is too large for float32, which ends at 3.4e38";
    case NumberFault::decimal_comma:
      return text + " has a decimal comma; write " + in_quotes(replaced(cell, ',', "."));
    case NumberFault::thousands:
      return text + " has thousands separators; write " + in_quotes(without_thousands(cell));
    case NumberFault::underscore:
      return text + " has an underscore among its digits; write " +
             in_quotes(replaced(cell, '_', ""));
    case NumberFault::hexadecimal:
      return text + " is hexadecimal; write decimal numbers";
    case NumberFault::two_signs:
      return text + " has more than one sign";
    case NumberFault::exponent:
      return text + " has an exponent without digits";
    case NumberFault::percent:
      return text + " is a percentage; write the plain number";
    case NumberFault::several:
      return text + " is more than one number; blanks do not separate fields";
    case NumberFault::truth_value:
      return text + " is a truth value; write 1 or 0";
    default:
      return text + " is not a number";
  }
}

bool resembles_number(NumberFault fault) {
  return fault != NumberFault::text && fault != NumberFault::truth_value;
}

}  // namespace lora
