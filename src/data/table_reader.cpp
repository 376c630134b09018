#include "lora/data/table_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "lora/core/error.h"
#include "lora/core/table.h"
#include "lora/core/text.h"
#include "lora/data/labels.h"
#include "lora/data/npy_reader.h"
#include "lora/data/text_table.h"

namespace lora {

namespace {

constexpr Index kRowsAtOnce = 4096;

/// "a,b" → columns; every one of them must be there, and only once.
std::vector<std::size_t> target_columns(const TextTable& table, const std::string& targets) {
  std::vector<std::size_t> columns;
  for (std::size_t start = 0; start <= targets.size();) {
    const std::size_t end = std::min(targets.find(',', start), targets.size());
    const std::size_t column = table.column(targets.substr(start, end - start));
    if (std::ranges::find(columns, column) != columns.end()) {
      throw Error(ErrorKind::input, table.label(), ": column '", table.column_names()[column],
                  "' is named twice as a target");
    }
    columns.push_back(column);
    start = end + 1;
  }
  return columns;
}

std::vector<std::size_t> other_columns(const TextTable& table,
                                       const std::vector<std::size_t>& targets) {
  std::vector<std::size_t> columns;
  for (std::size_t column = 0; column < table.column_names().size(); ++column) {
    const bool nameless = table.column_names()[column].empty();  // row numbers of an export
    const bool is_target = std::ranges::find(targets, column) != targets.end();
    if (!nameless && !is_target) columns.push_back(column);
  }
  if (columns.empty()) {
    throw Error(ErrorKind::input, table.label(),
                ": every column is a target, so there are no features (columns: ",
                joined(table.column_names()), ")");
  }
  return columns;
}

/// "3" and "3.0", as exports write whole numbers; nothing for other text.
std::optional<std::int64_t> parse_label(const std::string& text) {
  constexpr double kLargest = 1e15;
  double number = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  const bool whole = result.ec == std::errc() && result.ptr == end &&
                     std::abs(number) <= kLargest && number == std::trunc(number);
  if (!whole) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

void append_labels(const TableRows& rows, const TextTable& table, const std::string& column,
                   std::optional<Index> classes, Dataset& data) {
  for (std::size_t i = 0; i < rows.texts.size(); ++i) {
    const std::optional<std::int64_t> label = parse_label(rows.texts[i]);
    const std::string fault =
        label ? label_fault(*label, classes)
              : in_quotes(rows.texts[i]) + " is not a class; classes are whole numbers from 0";
    if (!fault.empty()) {
      throw Error(ErrorKind::input, table.label(), ":", rows.lines[i], ": column '", column,
                  "': ", fault);
    }
    append_label(*label, data);
  }
}

Matrix as_matrix(const std::vector<Real>& values, Index first, Index cols, Index stride) {
  const Index rows = static_cast<Index>(values.size()) / stride;
  return ViewMap(values.data() + first, rows, cols, Eigen::OuterStride<>(stride));
}

/// Reads features and, for regression, targets side by side; labels as they come.
Dataset read_columns(TextTable& table, const DatasetRequest& request,
                     const std::vector<std::size_t>& targets) {
  const bool labelled = request.task == Task::classification && !targets.empty();
  ColumnChoice choice{other_columns(table, targets), {}};
  const auto features = static_cast<Index>(choice.numbers.size());
  auto& target_part = labelled ? choice.texts : choice.numbers;
  target_part.insert(target_part.end(), targets.begin(), targets.end());
  table.choose(choice);

  Dataset data;
  std::vector<Real> numbers;
  TableRows rows;
  for (rows.clear(); table.read(kRowsAtOnce, rows) > 0; rows.clear()) {
    numbers.insert(numbers.end(), rows.numbers.begin(), rows.numbers.end());
    if (labelled) {
      append_labels(rows, table, table.column_names()[targets.front()], request.classes, data);
    }
  }
  const auto stride = static_cast<Index>(choice.numbers.size());
  data.features = as_matrix(numbers, 0, features, stride);
  if (stride > features) data.targets = as_matrix(numbers, features, stride - features, stride);
  return data;
}

}  // namespace

Dataset read_table_dataset(const DatasetRequest& request) {
  TextTable table(request.data);
  if (request.target.ends_with(".npy")) {
    Dataset data = read_columns(table, request, {});
    read_npy_targets(request, data);
    return data;
  }
  const std::vector<std::size_t> targets = target_columns(table, request.target);
  if (request.task == Task::classification && targets.size() != 1) {
    throw Error(ErrorKind::input, request.data,
                ": classification takes one column of classes, but ", targets.size(),
                " are named as targets: ", request.target);
  }
  return read_columns(table, request, targets);
}

}  // namespace lora
