#include "lora/data/text_table.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "lora/core/error.h"
#include "lora/core/nearest.h"
#include "lora/core/text.h"
#include "lora/data/table_format.h"
#include "lora/data/text_number.h"

namespace lora {

namespace {

constexpr std::size_t kNamesShown = 8;

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string shown_separator(char separator) {
  return separator == '\t' ? "a tab" : "'" + std::string(1, separator) + "'";
}

std::string shown_names(const std::vector<std::string>& names) {
  std::string result;
  for (std::size_t i = 0; i < std::min(names.size(), kNamesShown); ++i) {
    result += (i == 0 ? "" : ", ") + in_quotes(names[i]);
  }
  return names.size() > kNamesShown ? result + ", …" : result;
}

bool could_be_name(NumberFault fault) {
  return fault == NumberFault::missing || fault == NumberFault::hexadecimal ||
         fault == NumberFault::percent || fault == NumberFault::several || !resembles_number(fault);
}

/// NumPy's savetxt puts "# " before the names.
std::string without_comment_mark(const std::string& name) {
  return name.starts_with("# ") ? std::string(trimmed(name.substr(2))) : name;
}

std::size_t whole_number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : 0;
}

/// Makes room for one more row; where it begins.
template <class T>
T* added_row(std::vector<T>& values, std::size_t width) {
  values.resize(values.size() + width);
  return values.data() + (values.size() - width);
}

}  // namespace

void TableRows::clear() {
  numbers.clear();
  texts.clear();
  kept.clear();
  lines.clear();
}

TextTable::TextTable(const std::string& path, std::size_t buffer_bytes)
    : reader_(path, buffer_bytes) {
  read_ahead(path.ends_with(".tsv") ? std::optional('\t') : std::nullopt);
  const std::vector<Cell> first = cells_of(kept_[0].record, separator_, label());
  std::vector<Cell> second;
  if (kept_.size() > 1) second = cells_of(kept_[1].record, separator_, label(), first.size() + 1);
  has_header_ = is_header(first, second);
  if (has_header_ && kept_.size() == 1) {
    throw Error(ErrorKind::input, label(), ": holds a header, but no rows");
  }
  set_names(first);
  if (!has_header_) forget_empty_end(first, second);
  index_names();
  if (kept_.size() > 1) check_blank_line();
  given_ = has_header_ ? 1 : 0;
  uses_.resize(names_.size());
}

/// Keeps the first two records and finds out what separates their fields, unless it is known.
void TextTable::read_ahead(std::optional<char> separator) {
  kept_.reserve(2);  // so that the records' views stay
  keep_next();
  if (!kept_.empty() && !separator) {
    separator = announced_separator(kept_[0].record);
    if (separator) {
      kept_.clear();
      keep_next();
    }
  }
  if (kept_.empty()) {
    throw Error(ErrorKind::input, label(),
                reader_.empty() ? ": is empty" : ": holds no rows, only empty lines");
  }
  if (separator) reader_.set_separators({*separator});
  keep_next();
  const Record* second = kept_.size() > 1 ? &kept_[1].record : nullptr;
  separator_ = separator ? *separator : detect_separator(kept_[0].record, second);
  reader_.set_separators({separator_});
}

void TextTable::keep_next() {
  Record record;
  if (!next_not_blank(record)) return;
  kept_.push_back({std::string(record.text), record});
  kept_.back().record.text = kept_.back().text;
}

void TextTable::set_names(const std::vector<Cell>& first) {
  if (!has_header_) {
    for (std::size_t i = 0; i < first.size(); ++i) names_.push_back(std::to_string(i + 1));
    return;
  }
  for (const Cell& cell : first) {
    if (!is_utf8(cell.text)) {
      throw Error(ErrorKind::input, label(), ":", kept_[0].record.line, ": the column name ",
                  in_quotes(cell.text), " is not UTF-8; save the file as UTF-8");
    }
    names_.push_back(cell.text);
  }
  names_[0] = without_comment_mark(names_[0]);
}

/// A separator behind the last number of each line makes no column of a table without a header.
void TextTable::forget_empty_end(const std::vector<Cell>& first, const std::vector<Cell>& second) {
  if (!second.empty() && second.size() != first.size()) return;
  const auto is_empty = [&](std::size_t i) {
    return first[i].text.empty() && (second.empty() || second[i].text.empty());
  };
  std::size_t size = first.size();
  while (size > 0 && is_empty(size - 1)) --size;
  if (size == 0) return;
  for (std::size_t i = size; i < names_.size(); ++i) names_[i].clear();
}

/// Names are looked up as often as there are columns, of which there may be very many.
void TextTable::index_names() {
  column_of_.reserve(names_.size());
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (names_[i].empty()) continue;
    if (!column_of_.try_emplace(names_[i], i).second) repeated_.try_emplace(names_[i], i);
  }
}

std::size_t TextTable::column(std::string_view name) const {
  if (const auto found = column_of_.find(name); found != column_of_.end()) {
    const auto again = repeated_.find(name);
    if (again == repeated_.end()) return found->second;
    throw Error(ErrorKind::input, label(), ": columns ", found->second + 1, " and ",
                again->second + 1, " are both named ", in_quotes(name), "; rename one of them");
  }
  if (name == "last") {
    const auto named = [](const std::string& other) { return !other.empty(); };
    const auto last = std::find_if(names_.rbegin(), names_.rend(), named);
    if (last != names_.rend()) return static_cast<std::size_t>(names_.rend() - last) - 1;
  }
  const std::size_t number = whole_number(name);
  if (number < 1 || number > names_.size()) throw_unknown(name);
  return number - 1;
}

void TextTable::throw_unknown(std::string_view name) const {
  std::string right = "its columns are " + shown_names(names_);
  if (!has_header_) {
    right = "it has no header: its columns are 1 to " + std::to_string(names_.size());
  } else if (const std::string near = nearest(name, names_); !near.empty()) {
    right = "did you mean " + in_quotes(near) + "?";
  }
  throw Error(ErrorKind::input, label(), ": no column ", in_quotes(name), "; ", right);
}

std::vector<Cell> TextTable::first_row() const {
  return cells_of(kept_[has_header_ ? 1 : 0].record, separator_, label(), names_.size());
}

void TextTable::choose(const ColumnChoice& choice) {
  std::vector<Use> uses(names_.size());
  const auto assign = [](std::size_t& place, std::size_t value) {
    if (place != kUnused) throw std::logic_error("TextTable::choose: a column is there twice");
    place = value;
  };
  for (std::size_t i = 0; i < choice.numbers.size(); ++i) {
    assign(uses.at(choice.numbers[i]).number, i);
  }
  for (std::size_t i = 0; i < choice.texts.size(); ++i) {
    assign(uses.at(choice.texts[i]).text, i);
  }
  for (std::size_t i = 0; i < choice.kept.size(); ++i) {
    assign(uses.at(choice.kept[i]).kept, i);
  }
  uses_ = std::move(uses);
  choice_ = choice;
}

Index TextTable::read(Index max_rows, TableRows& rows) {
  Record record;
  Index count = 0;
  for (; count < max_rows && next(record); ++count) read_row(record, rows);
  return count;
}

bool TextTable::next(Record& record) {
  if (given_ < kept_.size()) {
    record = kept_[given_++].record;
    return true;
  }
  if (!next_not_blank(record)) return false;
  check_blank_line();
  return true;
}

bool TextTable::next_not_blank(Record& record) {
  blank_line_ = 0;
  while (reader_.next(record)) {
    const bool blank =
        record.text.find_first_not_of(separator_ == '\t' ? " " : " \t") == std::string_view::npos;
    if (!blank) return true;
    if (blank_line_ == 0) blank_line_ = record.line;
  }
  return false;
}

/// Called when a row follows.
void TextTable::check_blank_line() const {
  if (names_.size() > 1 || blank_line_ == 0) return;
  throw Error(
      ErrorKind::input, label(), ":", blank_line_,
      ": an empty line in a table of one column; remove it, or its row if a value is missing");
}

void TextTable::read_row(const Record& record, TableRows& rows) {
  Real* const numbers = added_row(rows.numbers, choice_.numbers.size());
  std::string* const texts = added_row(rows.texts, choice_.texts.size());
  std::string* const kept = added_row(rows.kept, choice_.kept.size());
  RecordFields fields(record, separator_, label());
  for (std::size_t column = 0; column < uses_.size(); ++column) {
    if (!fields.more()) throw_ragged(record);
    const Use& use = uses_[column];
    const bool only_number = use.number != kUnused && use.text == kUnused && use.kept == kUnused;
    float value = 0;
    if (only_number && fields.next_number(value)) {
      numbers[use.number] = value;
      continue;
    }
    const Field field = fields.next();
    if (!has_header_ && names_[column].empty()) check_empty(record, field, column);
    if (use.number != kUnused) numbers[use.number] = number(record, field, column);
    if (use.text != kUnused || use.kept != kUnused) check_text(record, field, column);
    if (use.text != kUnused) texts[use.text] = field.value();
    if (use.kept != kUnused) kept[use.kept] = field.whole_value();
  }
  if (fields.more()) throw_ragged(record);
  rows.lines.push_back(record.line);
}

/// A word there already: the column holds words.
bool TextTable::is_first_row(const Record& record) const {
  return record.line == kept_[has_header_ ? 1 : 0].record.line;
}

Real TextTable::number(const Record& record, const Field& field, std::size_t column) const {
  const ParsedNumber parsed = parse_number(field.text);
  if (parsed.fault == NumberFault::none) return parsed.value;
  const bool empty_line =
      record.text.find_first_not_of(std::string(" \t") + separator_) == std::string_view::npos;
  std::string hint = empty_line ? "; all cells of this line are empty, remove it" : "";
  if (choice_.perhaps_classes == column && could_be_name(parsed.fault)) {
    hint = "; if these are classes, say --task classification";
  } else if (parsed.fault == NumberFault::text && is_first_row(record) && names_.size() > 1) {
    hint = "; if this column is no feature, name it in --keep-columns";
  }
  throw_bad_cell(record, field, column, explain(parsed.fault, field.value()) + hint);
}

void TextTable::check_text(const Record& record, const Field& field, std::size_t column) const {
  const bool stray_line_end = !field.quoted && field.text.find('\r') != std::string_view::npos;
  if (!stray_line_end && is_utf8(field.text)) return;
  throw_bad_cell(
      record, field, column,
      in_quotes(field.value()) + (stray_line_end ? " has a carriage return in it, without quotes"
                                                 : " is not UTF-8; save the file as UTF-8"));
}

void TextTable::check_empty(const Record& record, const Field& field, std::size_t column) const {
  if (field.text.empty()) return;
  throw_bad_cell(record, field, column,
                 in_quotes(field.value()) +
                     " stands where the first rows have nothing but a "
                     "separator at their end");
}

/// A record with too many or too few fields is wrong as a whole: its cells may stand in the wrong
/// columns.
void TextTable::throw_bad_cell(const Record& record, const Field& field, std::size_t column,
                               const std::string& fault) const {
  if (count_fields(record, separator_, label()) != names_.size()) throw_ragged(record);
  throw Error(ErrorKind::input, place_in(label(), record, field.offset), ": column ",
              has_header_ ? in_quotes(names_[column]) : std::to_string(column + 1), ": ", fault);
}

void TextTable::throw_ragged(const Record& record) const {
  const std::size_t fields = count_fields(record, separator_, label());
  const std::size_t expected = names_.size();
  const bool separator_at_end = record.text.ends_with(separator_);
  std::string hint = "is the line cut off, or a line end in a text without quotes?";
  if (fields == expected + 1 && separator_at_end) {
    hint = "does each line end with a separator?";
  } else if (fields > expected) {
    hint = "a text with " + shown_separator(separator_) +
           " in it must be quoted, and row numbers need a column in the header too";
  }
  throw Error(ErrorKind::input, label(), ":", record.line, ": ", counted(fields, "field"), ", but ",
              has_header_ ? "the header has " : "the first line has ", expected, "; ", hint);
}

}  // namespace lora
