// One cell of text as a number, or the reason why it is none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lora {

/// What is wrong with a cell that should hold a finite number.
enum class NumberFault {
  none,
  empty,          ///< nothing or blanks
  missing,        ///< NA, NULL, None, \N, …: the words for "no value"
  not_a_value,    ///< nan
  infinite,       ///< inf
  too_large,      ///< 1e39: finite, but not in float32
  decimal_comma,  ///< 1,5
  thousands,      ///< 1,234.5
  underscore,     ///< 1_000
  hexadecimal,    ///< 0x10
  two_signs,      ///< --5
  exponent,       ///< 1e: no digits in the exponent
  percent,        ///< 5%
  several,        ///< 1 2: blanks between numbers
  truth_value,    ///< TRUE
  text,           ///< anything else
};

struct ParsedNumber {
  float value = 0;
  NumberFault fault = NumberFault::none;
};

/// Reads decimal numbers with point, sign and exponent; blanks around it are passed over. A number
/// too small for float32 becomes a denormal or zero.
ParsedNumber parse_number(std::string_view cell);

/// A whole number without anything around it; nothing if the text is none, or too large.
std::optional<std::int64_t> parse_whole(std::string_view text);

/// A sentence about a cell that is not a finite number: "'abc' is not a number". Not for none.
std::string explain(NumberFault fault, std::string_view cell);

/// True for what was meant as a number or as the lack of one; false for words and truth values.
bool resembles_number(NumberFault fault);

/// True for what programs write for "no value" and nobody means as a name: NaN, NULL, #N/A, \N, …;
/// false for NA, None and the like, which may be classes.
bool is_missing_mark(std::string_view text);

/// `text` without the blanks (spaces, tabs) at its ends.
std::string_view trimmed(std::string_view text);

}  // namespace lora
