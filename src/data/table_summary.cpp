#include "lora/data/table_summary.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "lora/data/row_source.h"
#include "lora/data/text_number.h"
#include "lora/data/text_table.h"

namespace lora {

namespace {

void add_cell(const std::string& cell, ColumnSummary& column) {
  const ParsedNumber number = parse_number(cell);
  if (number.fault == NumberFault::none) {
    ++column.numbers;
    column.least = std::min<double>(column.least, number.value);
    column.most = std::max<double>(column.most, number.value);
  } else if (number.fault == NumberFault::empty || number.fault == NumberFault::missing) {
    ++column.missing;
  } else {
    ++column.texts;
    if (column.values.size() < ColumnSummary::kMostValues) column.values.insert(cell);
  }
}

}  // namespace

TableSummary summarize_table(const std::string& path) {
  TextTable table(path);
  TableSummary summary;
  summary.has_header = table.has_header();
  summary.separator = table.separator();
  for (const std::string& name : table.column_names()) summary.columns.push_back({.name = name});

  ColumnChoice all;
  all.texts.resize(summary.columns.size());
  std::iota(all.texts.begin(), all.texts.end(), std::size_t{0});
  table.choose(all);
  TableRows rows;
  for (; table.read(kRowsAtOnce, rows) > 0; rows.clear()) {
    summary.rows += rows.size();
    for (std::size_t i = 0; i < rows.texts.size(); ++i) {
      add_cell(rows.texts[i], summary.columns[i % summary.columns.size()]);
    }
  }
  return summary;
}

}  // namespace lora
