#include "lora/data/pairs.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string_view>

#include "lora/core/error.h"
#include "lora/core/text.h"
#include "lora/data/dataset_reader.h"
#include "lora/data/row_source.h"
#include "lora/data/table_source.h"
#include "lora/data/text_number.h"
#include "lora/data/text_table.h"
#include "lora/io/array_file.h"
#include "lora/io/npy.h"

namespace lora {

namespace {

constexpr std::size_t kColumns = 2;

/// The data set whose rows are numbered.
struct Rows {
  Index count;
  const std::string& data;
};

template <class Number>
[[noreturn]] void refuse_number(const std::string& place, const Number& number, const Rows& rows) {
  throw Error(ErrorKind::input, place, ": ", number, " is no row of ", rows.data,
              ", whose rows are numbered from 0 to ", rows.count - 1);
}

[[noreturn]] void refuse_columns(const std::string& label, std::size_t count) {
  throw Error(ErrorKind::input, label, ": ", count, " column", count == 1 ? "" : "s",
              ", but pairs are two columns of row numbers: query, document");
}

Index row_in(const std::string& place, const std::string& text, const Rows& rows) {
  const std::optional<Index> number = parse_whole(trimmed(text));
  if (!number || *number < 0 || *number >= rows.count) refuse_number(place, in_quotes(text), rows);
  return *number;
}

/// Two whole numbers are a pair, even where a table of features would have them for names.
bool names_are_numbers(const TextTable& table, const std::vector<std::size_t>& columns) {
  return table.has_header() && std::ranges::all_of(columns, [&](std::size_t column) {
           return parse_whole(table.column_names()[column]).has_value();
         });
}

std::vector<Pair> pairs_of_table(const std::string& file, const Rows& rows) {
  TextTable table(file);
  ColumnChoice choice;
  for (std::size_t column = 0; column < table.column_names().size(); ++column) {
    if (!table.column_names()[column].empty()) choice.texts.push_back(column);
  }
  if (choice.texts.size() != kColumns) refuse_columns(table.label(), choice.texts.size());
  table.choose(choice);

  std::vector<Pair> pairs;
  const auto add = [&](const std::string& place, const std::string& query,
                       const std::string& document) {
    pairs.push_back({row_in(place, query, rows), row_in(place, document, rows)});
  };
  if (names_are_numbers(table, choice.texts)) {
    add(table.label() + ":1", table.column_names()[choice.texts[0]],
        table.column_names()[choice.texts[1]]);
  }
  TableRows piece;
  for (; table.read(kRowsAtOnce, piece) > 0; piece.clear()) {
    for (std::size_t i = 0; i < piece.lines.size(); ++i) {
      add(table.label() + ":" + std::to_string(piece.lines[i]), piece.texts[kColumns * i],
          piece.texts[kColumns * i + 1]);
    }
  }
  return pairs;
}

std::vector<Pair> pairs_of_array(const std::string& file_and_name, const Rows& rows) {
  const auto [path, name] = split_file_and_name(file_and_name);
  ArrayFile file(path);
  const NpyArray array = file.array(name);
  const NpyTable table = npy_table(array);
  if (table.cols != static_cast<Index>(kColumns)) {
    refuse_columns(array.path, static_cast<std::size_t>(table.cols));
  }
  const auto number = [&](Index row, Index col) {
    const double value = npy_element(array, row, col);
    if (value >= 0 && value < static_cast<double>(rows.count) && value == std::floor(value)) {
      return static_cast<Index>(value);
    }
    refuse_number(array.path + ": " + row_text(row), value, rows);
  };
  std::vector<Pair> pairs;
  for (Index row = 0; row < table.rows; ++row) pairs.push_back({number(row, 0), number(row, 1)});
  return pairs;
}

}  // namespace

std::vector<Pair> read_pairs(const std::string& file, Index rows, const std::string& data) {
  const bool is_table = reader_kind(file).open == TableSource::open;
  std::vector<Pair> pairs =
      is_table ? pairs_of_table(file, {rows, data}) : pairs_of_array(file, {rows, data});
  if (pairs.size() > 1) return pairs;
  throw Error(ErrorKind::input, file, ": holds ", pairs.empty() ? "no pairs" : "one pair",
              ", but at least two are needed: a document is told from those of other queries");
}

std::vector<Index> rows_of(std::span<const Pair> pairs) {
  std::vector<Index> rows;
  rows.reserve(2 * pairs.size());
  for (const Pair& pair : pairs) rows.insert(rows.end(), {pair.query, pair.document});
  std::ranges::sort(rows);
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

}  // namespace lora
