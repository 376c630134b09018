#include "lora/data/table_format.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <string_view>

#include "lora/core/text.h"
#include "lora/data/text_number.h"

namespace lora {

namespace {

constexpr std::array kSeparators = {'\t', ';', ',', '|'};

std::ptrdiff_t count_outside_quotes(std::string_view text, char wanted) {
  bool inside = false;
  return std::count_if(text.begin(), text.end(), [&](char c) {
    if (c == '"') inside = !inside;
    return !inside && c == wanted;
  });
}

enum class CellKind { empty, number, nearly, text };

CellKind kind_of(const Cell& cell) {
  const NumberFault fault = parse_number(cell.text).fault;
  if (fault == NumberFault::none) return CellKind::number;
  if (fault == NumberFault::empty || fault == NumberFault::missing) return CellKind::empty;
  return resembles_number(fault) ? CellKind::nearly : CellKind::text;
}

std::vector<CellKind> kinds_of(const std::vector<Cell>& cells) {
  std::vector<CellKind> kinds;
  kinds.reserve(cells.size());
  for (const Cell& cell : cells) kinds.push_back(kind_of(cell));
  return kinds;
}

bool is_whole(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The cells that are numbers.
std::vector<Cell> numbers_of(const std::vector<Cell>& cells) {
  std::vector<Cell> numbers;
  for (const Cell& cell : cells) {
    if (kind_of(cell) == CellKind::number) numbers.push_back(cell);
  }
  return numbers;
}

bool all_whole(const std::vector<Cell>& numbers) {
  return std::all_of(numbers.begin(), numbers.end(),
                     [](const Cell& cell) { return is_whole(cell.text); });
}

std::vector<float> values_of(const std::vector<Cell>& numbers) {
  std::vector<float> values;
  values.reserve(numbers.size());
  for (const Cell& number : numbers) values.push_back(parse_number(number.text).value);
  return values;
}

/// Whole numbers, each by one larger than the one before it.
bool count_up(const std::vector<Cell>& numbers) {
  const std::vector<float> values = values_of(numbers);
  const auto gap = [](float a, float b) { return b != a + 1; };
  return all_whole(numbers) &&
         std::adjacent_find(values.begin(), values.end(), gap) == values.end();
}

bool could_be_names(const std::vector<Cell>& numbers) {
  if (all_whole(numbers)) return true;
  const std::vector<float> values = values_of(numbers);
  const auto never = [&](auto broken) {
    return std::adjacent_find(values.begin(), values.end(), broken) == values.end();
  };
  return values.size() >= 3 && (never(std::greater_equal<>()) || never(std::less_equal<>()));
}

bool is_year(const Cell& cell) {
  const float value = parse_number(cell.text).value;
  return is_whole(cell.text) && value >= 1800 && value <= 2200;
}

bool are_years(const std::vector<Cell>& numbers) {
  return numbers.size() >= 2 && count_up(numbers) && is_year(numbers.front());
}

/// A name above a number: a text, or a number that is quoted as texts are.
bool has_name_above_number(const std::vector<Cell>& first, const std::vector<Cell>& second) {
  for (std::size_t i = 0; i < std::min(first.size(), second.size()); ++i) {
    const CellKind below = kind_of(second[i]);
    if (below != CellKind::number && below != CellKind::nearly) continue;
    const CellKind above = kind_of(first[i]);
    const bool quoted_number = above == CellKind::number && first[i].quoted && !second[i].quoted;
    if (above == CellKind::text || quoted_number) return true;
  }
  return false;
}

bool has_point(const Cell& cell) {
  return kind_of(cell) == CellKind::number && cell.text.find('.') != std::string::npos;
}

/// Years above what is not, and the numbers that pandas gives to the columns of an array: surely
/// names behind nameless row numbers, else above a number with a point, or if they are many.
bool are_counted_names(const std::vector<Cell>& first, const std::vector<Cell>& second) {
  const bool behind_row_numbers = first[0].text.empty();
  const std::vector<Cell> names(first.begin() + (behind_row_numbers ? 1 : 0), first.end());
  if (are_years(names)) return !second.empty() && !std::ranges::any_of(second, is_year);
  if (names.empty() || names[0].text != "0" || !count_up(names)) return false;
  if (behind_row_numbers) return true;
  constexpr std::size_t kFew = 3;
  constexpr std::size_t kMany = 8;
  const std::size_t needed = std::ranges::any_of(second, has_point) ? kFew : kMany;
  return !second.empty() && names.size() >= needed;
}

}  // namespace

std::optional<char> announced_separator(const Record& first) {
  std::string_view text = first.text;
  if (text.size() == 7 && text.front() == '"' && text.back() == '"') text = text.substr(1, 5);
  constexpr std::string_view kStart = "sep=";
  if (text.size() != 5 || !equal_but_for_case(text.substr(0, 4), kStart)) return {};
  constexpr std::string_view kUsable = ",;\t|:";
  if (kUsable.find(text[4]) == std::string_view::npos) return {};
  return text[4];
}

char detect_separator(const Record& first, const Record* second) {
  char result = ',';
  bool found = false;
  for (const char separator : kSeparators) {
    const auto count = count_outside_quotes(first.text, separator);
    if (count == 0) continue;
    if (second != nullptr && count_outside_quotes(second->text, separator) == count) {
      return separator;
    }
    if (!found) result = separator;
    found = true;
  }
  return result;
}

std::vector<Cell> cells_of(const Record& record, char separator, const std::string& label,
                           std::size_t most) {
  std::vector<Cell> cells;
  RecordFields fields(record, separator, label);
  while (fields.more() && cells.size() < most) {
    const Field field = fields.next();
    cells.push_back({field.value(), field.quoted});
  }
  return cells;
}

bool is_header(const std::vector<Cell>& first, const std::vector<Cell>& second) {
  const std::vector<CellKind> kinds = kinds_of(first);
  const auto has = [&](CellKind kind) {
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  };
  const std::vector<Cell> numbers = numbers_of(first);
  if (has_name_above_number(first, second) && could_be_names(numbers)) return true;
  if (!has(CellKind::text)) return are_counted_names(first, second);
  return (numbers.empty() && !has(CellKind::nearly)) || are_years(numbers);
}

}  // namespace lora
