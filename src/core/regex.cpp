#include "lora/core/regex.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <regex>
#include <string_view>
#include <system_error>

#include "lora/core/error.h"
#include "lora/core/text.h"

namespace lora {

namespace {

// Time that grows with the text's length only, and no call within a call for each letter of it.
#ifdef __GLIBCXX__
constexpr auto kSyntax = std::regex::ECMAScript | std::regex_constants::__polynomial;
#else
constexpr auto kSyntax = std::regex::ECMAScript;
#endif

/// The library computes the numbers in an expression as int, whatever they are for.
bool has_endless_number(std::string_view expression) {
  constexpr int kMostDigits = 9;
  int digits = 0;
  for (const char c : expression) {
    digits = std::isdigit(static_cast<unsigned char>(c)) != 0 ? digits + 1 : 0;
    if (digits > kMostDigits) return true;
  }
  return false;
}

/// Refuses an expression that would take much memory or many calls within calls: repetitions such
/// as {1000} count as often as they are written.
void check_size(const std::string& expression) {
  constexpr std::size_t kLargest = 1000;
  std::size_t size = expression.size();
  for (std::size_t i = 0; i < expression.size() && size <= kLargest; ++i) {
    if (expression[i] != '{' && expression[i] != ',') continue;
    std::size_t count = 0;
    std::from_chars(&expression[i] + 1, expression.data() + expression.size(), count);
    size *= std::clamp<std::size_t>(count, 1, kLargest);
  }
  if (size <= kLargest && !has_endless_number(expression)) return;
  throw Error(ErrorKind::input, "pattern ", in_quotes(expression), " is too large: written out, ",
              "it has more than ", kLargest, " signs");
}

}  // namespace

bool fits_regex(const std::string& expression, const std::string& text) {
  check_size(expression);
  try {
    return std::regex_match(text, std::regex(expression, kSyntax));
  } catch (const std::regex_error& error) {
    throw Error(ErrorKind::input, "pattern ", in_quotes(expression),
                " is no regular expression: ", error.what());
  }
}

}  // namespace lora
