#include "lora/data/record_fields.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <system_error>

#include <fast_float/fast_float.h>

#include "lora/core/error.h"
#include "lora/data/text_number.h"

namespace lora {

namespace {

/// Whether rounding to float what is the nearest double of a decimal number may not give its
/// nearest float: where the double lies in the middle between two floats, as it may have been
/// rounded to there, and where floats have fewer digits.
bool may_round_twice(double number) {
  constexpr std::uint64_t kBelowFloat = (std::uint64_t{1} << 29U) - 1;
  constexpr std::uint64_t kMiddle = std::uint64_t{1} << 28U;
  const bool middle = (std::bit_cast<std::uint64_t>(number) & kBelowFloat) == kMiddle;
  constexpr double kLeast = std::numeric_limits<float>::min();
  return middle || (number != 0 && std::abs(number) < kLeast);
}

/// As fast_float::from_chars for a float, but faster: most decimal numbers of seven to nine digits
/// are exact as the quotient of two doubles, but not of two floats.
fast_float::from_chars_result read_float(const char* first, const char* last, float& value) {
  double number = 0;
  const auto result = fast_float::from_chars(first, last, number);
  if (may_round_twice(number)) return fast_float::from_chars(first, last, value);
  value = static_cast<float>(number);
  return result;
}

}  // namespace

std::string Field::with_single_quotes(std::string_view part) const {
  if (!has_quotes) return std::string(part);
  std::string result;
  for (std::size_t i = 0; i < part.size(); ++i) {
    result += part[i];
    if (part[i] == '"') ++i;
  }
  return result;
}

RecordFields::RecordFields(const Record& record, char separator, const std::string& label)
    : record_(record),
      separator_(separator),
      label_(label),
      position_(record.text.data()),
      end_(record.text.data() + record.text.size()) {}

Field RecordFields::next() {
  const char* const start = position_;
  const char* const first = skip_blanks(start);
  if (first != end_ && *first == '"') return next_quoted(first);
  const char* const stop = std::find(first, end_, separator_);
  step_over(stop);
  const std::string_view text = trimmed({first, static_cast<std::size_t>(stop - first)});
  const std::string_view whole(start, static_cast<std::size_t>(stop - start));
  return {text, static_cast<std::size_t>(first - record_.text.data()), false, false, whole};
}

Field RecordFields::next_quoted(const char* quote) {
  const auto offset = static_cast<std::size_t>(quote - record_.text.data());
  bool has_quotes = false;
  const char* closing = std::find(quote + 1, end_, '"');
  while (closing != end_ && closing + 1 != end_ && closing[1] == '"') {
    has_quotes = true;
    closing = std::find(closing + 2, end_, '"');
  }
  if (closing == end_) {
    throw Error(ErrorKind::input, place_in(label_, record_, offset),
                ": the quote that opens this field is never closed");
  }
  const char* const after = skip_blanks(closing + 1);
  if (after != end_ && *after != separator_) {
    throw Error(ErrorKind::input,
                place_in(label_, record_, static_cast<std::size_t>(after - record_.text.data())),
                ": text behind the closing quote of a field; a quote within one is written twice");
  }
  step_over(after);
  const std::string_view text(quote + 1, static_cast<std::size_t>(closing - quote - 1));
  return {text, offset, true, has_quotes, text};
}

bool RecordFields::next_number(float& value) {
  float number = 0;
  const auto [stop, error] = read_float(position_, end_, number);
  const bool is_complete = stop == end_ || *stop == separator_;
  if (error != std::errc() || !is_complete || !std::isfinite(number)) return false;
  value = number;
  step_over(stop);
  return true;
}

const char* RecordFields::skip_blanks(const char* from) const {
  while (from != end_ && (*from == ' ' || *from == '\t') && *from != separator_) ++from;
  return from;
}

void RecordFields::step_over(const char* separator) {
  position_ = separator == end_ ? nullptr : separator + 1;
}

std::size_t count_fields(const Record& record, char separator, const std::string& label) {
  RecordFields fields(record, separator, label);
  std::size_t count = 0;
  for (; fields.more(); ++count) fields.next();
  return count;
}

}  // namespace lora
