#include "lora/data/text_table.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "lora/core/error.h"
#include "lora/core/nearest.h"
#include "lora/core/text.h"
#include "lora/data/table_format.h"
#include "lora/data/text_number.h"
#include "lora/ops/parallel.h"

namespace lora {

namespace {

/// Of a block, for each thread: with more of them, all threads are done at about the same time.
constexpr std::size_t kChunks = 4;

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string shown_separator(char separator) {
  return separator == '\t' ? "a tab" : "'" + std::string(1, separator) + "'";
}

bool could_be_name(NumberFault fault) {
  return fault == NumberFault::missing || fault == NumberFault::hexadecimal ||
         fault == NumberFault::percent || fault == NumberFault::several || !resembles_number(fault);
}

/// NumPy's savetxt puts "# " before the names.
std::string without_comment_mark(const std::string& name) {
  return name.starts_with("# ") ? std::string(trimmed(name.substr(2))) : name;
}

/// Makes room for one more row; where it begins.
template <class T>
T* added_row(std::vector<T>& values, std::size_t width) {
  values.resize(values.size() + width);
  return values.data() + (values.size() - width);
}

/// Moves the elements [first, first + count) of `from` behind those of `to`.
template <class T>
void move_part(std::vector<T>& from, std::size_t first, std::size_t count, std::vector<T>& to) {
  const auto begin = from.begin() + static_cast<std::ptrdiff_t>(first);
  to.insert(to.end(), std::move_iterator(begin),
            std::move_iterator(begin + static_cast<std::ptrdiff_t>(count)));
}

}  // namespace

void TableRows::cut(std::size_t count, const ColumnChoice& choice) {
  numbers.resize(count * choice.numbers.size());
  texts.resize(count * choice.texts.size());
  kept.resize(count * choice.kept.size());
  lines.resize(count);
}

void TableRows::clear() {
  numbers.clear();
  texts.clear();
  kept.clear();
  lines.clear();
}

TextTable::TextTable(const std::string& path, const TableReading& reading)
    : reading_(reading), reader_(path, reading.buffer_bytes) {
  reader_.set_block_bytes(static_cast<std::size_t>(reading.threads) * kChunks *
                          reading.chunk_bytes);
  read_first_records(path.ends_with(".tsv") ? std::optional('\t') : std::nullopt);
  const std::vector<Cell> first = cells_of(first_records_[0].record, separator_, label());
  std::vector<Cell> second;
  if (first_records_.size() > 1) {
    second = cells_of(first_records_[1].record, separator_, label(), first.size() + 1);
  }
  has_header_ = is_header(first, second);
  if (has_header_ && first_records_.size() == 1) {
    throw Error(ErrorKind::input, label(), ": holds a header, but no rows");
  }
  set_names(first);
  if (!has_header_) forget_empty_end(first, second);
  index_names();
  if (first_records_.size() > 1) check_blank_line();
  given_ = has_header_ ? 1 : 0;
  uses_.resize(names_.size());
}

/// Keeps the first two records and finds out what separates their fields, unless it is known.
void TextTable::read_first_records(std::optional<char> separator) {
  first_records_.reserve(2);  // so that the records' views stay
  read_first_record();
  if (!first_records_.empty() && !separator) {
    separator = announced_separator(first_records_[0].record);
    if (separator) {
      first_records_.clear();
      read_first_record();
    }
  }
  if (first_records_.empty()) {
    throw Error(ErrorKind::input, label(),
                reader_.empty() ? ": is empty" : ": holds no rows, only empty lines");
  }
  if (separator) reader_.set_separators({*separator});
  read_first_record();
  const Record* second = first_records_.size() > 1 ? &first_records_[1].record : nullptr;
  separator_ = separator ? *separator : detect_separator(first_records_[0].record, second);
  reader_.set_separators({separator_});
}

void TextTable::read_first_record() {
  Record record;
  if (!next_not_blank(record)) return;
  first_records_.push_back({std::string(record.text), record});
  first_records_.back().record.text = first_records_.back().text;
}

void TextTable::set_names(const std::vector<Cell>& first) {
  if (!has_header_) {
    for (std::size_t i = 0; i < first.size(); ++i) names_.push_back(std::to_string(i + 1));
    return;
  }
  for (const Cell& cell : first) {
    if (!is_utf8(cell.text)) {
      throw Error(ErrorKind::input, label(), ":", first_records_[0].record.line,
                  ": the column name ", in_quotes(cell.text),
                  " is not UTF-8; save the file as UTF-8");
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
  const std::int64_t number = parse_whole(name).value_or(0);
  if (number < 1 || number > std::ssize(names_)) throw_unknown(name);
  return static_cast<std::size_t>(number) - 1;
}

void TextTable::throw_unknown(std::string_view name) const {
  std::string right = "its columns are " + listed_in_quotes(names_);
  if (!has_header_) {
    right = "it has no header: its columns are 1 to " + std::to_string(names_.size());
  } else if (const std::string near = nearest(name, names_); !near.empty()) {
    right = "did you mean " + in_quotes(near) + "?";
  }
  throw Error(ErrorKind::input, label(), ": no column ", in_quotes(name), "; ", right);
}

std::vector<Cell> TextTable::first_row() const {
  return cells_of(first_records_[has_header_ ? 1 : 0].record, separator_, label(), names_.size());
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

void TextTable::go_to(const TablePart& part) {
  reader_.go_to(part.begin, part.end, part.line);
  const std::int64_t first_row = first_records_[given_].record.line;
  given_ = first_records_.size();
  Record record;
  while (reader_.line() < first_row && reader_.next(record)) continue;
}

Index TextTable::count_rows() {
  Record record;
  Index rows = 0;
  while (next(record)) ++rows;
  return rows;
}

void TextTable::pass_over(Index rows) {
  Record record;
  for (; rows > 0 && next(record); --rows) continue;
}

Index TextTable::read(Index max_rows, TableRows& rows) {
  Record record;
  Index count = 0;
  while (count < max_rows) {
    const Index taken = take(max_rows - count, rows);
    count += taken;
    if (taken > 0 || read_block()) continue;
    if (!next(record)) break;
    read_row(record, rows);
    ++count;
  }
  return count;
}

/// Reads a block of lines, in chunks on all threads, up to the first line that is wrong: next() and
/// read_row() say then what is, and where. Meanwhile one thread gets the next block. False if the
/// first line is wrong, or if the next record is no plain line.
bool TextTable::read_block() {
  if (given_ < first_records_.size()) return false;
  const std::string_view block = reader_.plain_lines();
  if (block.empty()) return false;
  const std::size_t count = cut_into_chunks(block);
  const auto read = [&](Index i) {
    if (i == 0) {
      if (reading_.threads > 1) reader_.read_ahead();
    } else {
      read_chunk(chunks_[static_cast<std::size_t>(i - 1)]);
    }
  };
  for_each_block({reading_.threads}, static_cast<Index>(count) + 1,
                 static_cast<double>(block.size()), read);
  std::size_t bytes = 0;
  std::int64_t lines = 0;
  chunk_ = chunk_row_ = chunks_read_ = 0;
  while (chunks_read_ < count) {
    Chunk& chunk = chunks_[chunks_read_++];
    for (std::int64_t& line : chunk.rows.lines) line += reader_.line() + lines;
    bytes += chunk.bytes;
    lines += chunk.lines;
    if (chunk.bytes < chunk.text.size()) break;
  }
  reader_.skip(bytes, lines);
  return bytes > 0;
}

/// Cuts the block at line ends; how many chunks that makes.
std::size_t TextTable::cut_into_chunks(std::string_view block) {
  std::size_t count = 0;
  for (; !block.empty(); ++count) {
    const std::size_t line_end = block.find('\n', reading_.chunk_bytes - 1);
    const std::size_t size = line_end == std::string_view::npos ? block.size() : line_end + 1;
    if (count == chunks_.size()) chunks_.emplace_back();
    chunks_[count].text = block.substr(0, size);
    block.remove_prefix(size);
  }
  return count;
}

/// Whatever is wrong with a line ends the chunk before it: it is read again, where its number is
/// known.
void TextTable::read_chunk(Chunk& chunk) const {
  chunk.rows.clear();
  chunk.bytes = 0;
  chunk.lines = 0;
  std::size_t rows = 0;
  try {
    while (chunk.bytes < chunk.text.size()) {
      const std::size_t line_end = chunk.text.find('\n', chunk.bytes);
      const std::string_view line = chunk.text.substr(chunk.bytes, line_end - chunk.bytes);
      if (!read_line(line, chunk.lines, chunk.rows)) return;
      chunk.bytes = line_end + 1;
      ++chunk.lines;
      rows = chunk.rows.lines.size();
    }
  } catch (const std::exception&) {
    chunk.rows.cut(rows, choice_);
  }
}

/// False for a line that only next() can judge: a blank one in a table of one column.
bool TextTable::read_line(std::string_view line, std::int64_t number, TableRows& rows) const {
  while (line.ends_with('\r')) line.remove_suffix(1);
  if (is_blank(line)) return names_.size() > 1;
  read_row({line, number, false, '\n'}, rows);
  return true;
}

/// Gives rows of the last block, at most `max_rows`; how many.
Index TextTable::take(Index max_rows, TableRows& rows) {
  while (chunk_ < chunks_read_ && chunk_row_ == chunks_[chunk_].rows.lines.size()) {
    ++chunk_;
    chunk_row_ = 0;
  }
  if (chunk_ == chunks_read_) return 0;
  TableRows& from = chunks_[chunk_].rows;
  const std::size_t count =
      std::min(static_cast<std::size_t>(max_rows), from.lines.size() - chunk_row_);
  const auto move_rows = [&](auto& source, std::size_t width, auto& to) {
    move_part(source, chunk_row_ * width, count * width, to);
  };
  move_rows(from.numbers, choice_.numbers.size(), rows.numbers);
  move_rows(from.texts, choice_.texts.size(), rows.texts);
  move_rows(from.kept, choice_.kept.size(), rows.kept);
  move_rows(from.lines, 1, rows.lines);
  chunk_row_ += count;
  return static_cast<Index>(count);
}

bool TextTable::is_blank(std::string_view text) const {
  return text.find_first_not_of(separator_ == '\t' ? " " : " \t") == std::string_view::npos;
}

bool TextTable::next(Record& record) {
  if (given_ < first_records_.size()) {
    record = first_records_[given_++].record;
    return true;
  }
  if (!next_not_blank(record)) return false;
  check_blank_line();
  return true;
}

bool TextTable::next_not_blank(Record& record) {
  blank_line_ = 0;
  while (reader_.next(record)) {
    if (!is_blank(record.text)) return true;
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

void TextTable::read_row(const Record& record, TableRows& rows) const {
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
  return record.line == first_records_[has_header_ ? 1 : 0].record.line;
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
