#include "lora/data/table_source.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "lora/core/error.h"
#include "lora/core/table.h"
#include "lora/core/text.h"
#include "lora/data/table_part.h"
#include "lora/data/text_number.h"

namespace lora {

namespace {

bool contains(const std::vector<std::size_t>& columns, std::size_t column) {
  return std::ranges::find(columns, column) != columns.end();
}

/// "a,b" → columns; a name with commas in it is taken whole.
std::vector<std::size_t> parse_columns(const TextTable& table, const std::string& list,
                                       const std::string& use) {
  if (list.empty()) return {};
  if (std::ranges::find(table.column_names(), list) != table.column_names().end()) {
    return {table.column(list)};
  }
  std::vector<std::size_t> columns;
  for (const std::string& name : split(list, ',')) {
    const std::size_t column = table.column(trimmed(name));
    if (contains(columns, column)) {
      throw Error(ErrorKind::input, table.label(), ": column '", table.column_names()[column],
                  "' is named twice as a ", use);
    }
    columns.push_back(column);
  }
  return columns;
}

/// Appends columns [first, first + count) of row-major `numbers` with rows of `stride`.
void append_columns(const std::vector<Real>& numbers, std::size_t stride, std::size_t first,
                    std::size_t count, std::vector<Real>& to) {
  if (count == 0) return;
  const std::size_t rows = numbers.size() / stride;
  to.resize(to.size() + rows * count);
  Real* row = to.data() + (to.size() - rows * count);
  for (std::size_t start = first; start < numbers.size(); start += stride, row += count) {
    std::copy_n(numbers.data() + start, count, row);
  }
}

bool is_word(const Cell& cell) {
  const NumberFault fault = parse_number(cell.text).fault;
  return fault == NumberFault::text || fault == NumberFault::truth_value;
}

}  // namespace

std::unique_ptr<RowSource> TableSource::open(const DatasetRequest& request) {
  return std::make_unique<TableSource>(request.data, request, false);
}

std::unique_ptr<RowSource> TableSource::open_targets(const DatasetRequest& request) {
  return std::make_unique<TableSource>(request.target, request, true);
}

TableSource::TableSource(const std::string& path, const DatasetRequest& request, bool only_targets)
    : table_(path, {.threads = request.threads}) {
  choose_columns(request, only_targets);
  if (request.part().count > 1) share_out(request);
}

/// By bytes; where lines may be no rows, or must fit another file's, by counting rows.
void TableSource::share_out(const DatasetRequest& request) {
  if (!request.parts_match && table_.column_names().size() > 1) {
    if (const auto bytes = table_part(table_.label(), *request.group)) return table_.go_to(*bytes);
  }
  const FilePart part = request.part();
  facts_.rows = TextTable(table_.label()).count_rows();
  table_.pass_over(part.begin(*facts_.rows));
  rows_left_ = part.end(*facts_.rows) - part.begin(*facts_.rows);
}

void TableSource::choose_columns(const DatasetRequest& request, bool only_targets) {
  std::vector<std::size_t> features;
  if (only_targets) {
    targets_.resize(table_.column_names().size());
    std::iota(targets_.begin(), targets_.end(), std::size_t{0});
    std::erase_if(targets_, [&](std::size_t c) { return table_.column_names()[c].empty(); });
  } else {
    targets_ = target_columns(request);
    weight_ = parse_columns(table_, request.weight_column, "weight");
    kept_ = parse_columns(table_, request.keep_columns, "kept column");
    features = feature_columns(request);
  }
  facts_.label = table_.label();
  facts_.task = task_of(request);
  labelled_ = facts_.task == Task::classification && !targets_.empty();
  if (labelled_ && targets_.size() != 1) {
    throw Error(ErrorKind::input, table_.label(),
                ": classification takes one column of classes, but ", targets_.size(),
                " are named as targets: ", joined(names_of(targets_)));
  }
  facts_.features = static_cast<Index>(features.size());
  facts_.targets = static_cast<Index>(targets_.size());
  facts_.is_table = true;
  if (table_.has_header()) {
    facts_.feature_names = names_of(features);
    facts_.target_names = names_of(targets_);
  }
  facts_.kept_names = names_of(kept_);

  ColumnChoice choice{std::move(features), {}};
  auto& target_part = labelled_ ? choice.texts : choice.numbers;
  target_part.insert(target_part.end(), targets_.begin(), targets_.end());
  choice.numbers.insert(choice.numbers.end(), weight_.begin(), weight_.end());
  choice.kept = kept_;
  if (!request.task && targets_.size() == 1) choice.perhaps_classes = targets_[0];
  table_.choose(choice);
}

std::vector<std::size_t> TableSource::target_columns(const DatasetRequest& request) const {
  if (request.target.empty() || request.target_names.empty() || !table_.has_header()) {
    return parse_columns(table_, request.target, "target");
  }
  std::vector<std::size_t> columns;
  for (const std::string& name : request.target_names) columns.push_back(table_.column(name));
  return columns;
}

std::vector<std::size_t> TableSource::feature_columns(const DatasetRequest& request) const {
  if (weight_.size() > 1 || (!weight_.empty() && contains(targets_, weight_.front()))) {
    throw Error(ErrorKind::input, table_.label(), ": --weight-column '", request.weight_column,
                "' must be one column, and not a target");
  }
  std::vector<std::size_t> columns;
  if (table_.has_header() && !request.feature_names.empty()) {
    for (const std::string& name : request.feature_names) columns.push_back(table_.column(name));
  } else {
    std::vector<std::size_t> others = parse_columns(table_, request.left_out, "target");
    for (const auto* used : {&targets_, &weight_, &kept_}) {
      others.insert(others.end(), used->begin(), used->end());
    }
    for (std::size_t column = 0; column < table_.column_names().size(); ++column) {
      const bool nameless = table_.column_names()[column].empty();  // row numbers of an export
      if (!nameless && !contains(others, column)) columns.push_back(column);
    }
    if (table_.has_header()) check_own_names(columns);
  }
  for (const std::size_t column : columns) {
    if (!contains(targets_, column) && !contains(weight_, column)) continue;
    throw Error(ErrorKind::input, table_.label(), ": column '", table_.column_names()[column],
                "' is a feature, so it cannot be a target or a weight too");
  }
  if (columns.empty()) {
    throw Error(ErrorKind::input, table_.label(),
                ": every column has another use, so there are no features (columns: ",
                joined(table_.column_names()), ")");
  }
  return columns;
}

/// The features of a table that comes later, beside an adapter, are found by these names.
void TableSource::check_own_names(const std::vector<std::size_t>& columns) const {
  for (const std::size_t column : columns) table_.column(table_.column_names()[column]);
}

/// By its first row, unless it is known: a word is a class.
Task TableSource::task_of(const DatasetRequest& request) const {
  if (request.task) return *request.task;
  const std::vector<Cell> first = table_.first_row();
  const bool classes =
      targets_.size() == 1 && targets_[0] < first.size() && is_word(first[targets_[0]]);
  return classes ? Task::classification : Task::regression;
}

std::vector<std::string> TableSource::names_of(const std::vector<std::size_t>& columns) const {
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const std::size_t column : columns) names.push_back(table_.column_names()[column]);
  return names;
}

bool TableSource::read(Index max_rows, RowPiece& piece) {
  piece.clear();
  rows_.clear();
  piece.rows = table_.read(std::min(max_rows, rows_left_), rows_);
  rows_left_ -= piece.rows;
  split_numbers(piece);
  piece.label_texts.swap(rows_.texts);
  piece.kept.swap(rows_.kept);
  check_weights(piece);
  return piece.rows > 0;
}

void TableSource::split_numbers(RowPiece& piece) {
  const auto features = static_cast<std::size_t>(facts_.features);
  const std::size_t targets = labelled_ ? 0 : targets_.size();
  const std::size_t stride = features + targets + weight_.size();
  if (stride == features) {
    piece.features.swap(rows_.numbers);
    return;
  }
  append_columns(rows_.numbers, stride, 0, features, piece.features);
  append_columns(rows_.numbers, stride, features, targets, piece.targets);
  append_columns(rows_.numbers, stride, features + targets, weight_.size(), piece.weights);
}

void TableSource::check_weights(const RowPiece& piece) const {
  for (std::size_t i = 0; i < piece.weights.size(); ++i) {
    if (piece.weights[i] >= 0) continue;
    throw Error(ErrorKind::input, table_.label(), ":", rows_.lines[i], ": the weight in column '",
                table_.column_names()[weight_.front()], "' is ", piece.weights[i],
                "; a row counts 0 or more");
  }
}

std::string TableSource::place(Index i) const {
  const std::string line =
      table_.label() + ":" + std::to_string(rows_.lines.at(static_cast<std::size_t>(i)));
  return labelled_ ? line + ": column '" + table_.column_names()[targets_[0]] + "'" : line;
}

}  // namespace lora
