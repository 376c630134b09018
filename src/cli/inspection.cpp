#include "inspection.h"

#include <cstddef>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "columns.h"
#include "lora/core/text.h"
#include "lora/data/table_summary.h"
#include "lora/io/shape.h"

namespace lora::cli {

namespace {

using Json = nlohmann::ordered_json;
using Cells = std::vector<std::vector<std::string>>;

constexpr std::size_t kValuesShown = 6;

std::string shown_separator(char separator) {
  return separator == '\t' ? "tabs" : "'" + std::string(1, separator) + "'";
}

/// "cat, dog, … (12 different)".
std::string shown_values(const ColumnSummary& column) {
  std::string text;
  std::size_t shown = 0;
  for (const std::string& value : column.values) {
    if (shown == kValuesShown) break;
    text += (shown++ == 0 ? "" : ", ") + in_quotes(value);
  }
  if (column.values.size() <= kValuesShown) return text;
  const bool more = column.values.size() == ColumnSummary::kMostValues;
  return text + fmt::format(", … ({}{} different)", more ? "at least " : "", column.values.size());
}

std::string kind_of(const ColumnSummary& column) {
  if (column.texts == 0) return column.numbers == 0 ? "empty" : "number";
  return column.numbers == 0 ? "text" : "mixed";
}

}  // namespace

std::string plural(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

Inspection inspect_table(const std::string& path) {
  const TableSummary table = summarize_table(path);
  Inspection result;
  result.lines.push_back(fmt::format(
      "{}: table, {}, {} separated by {}, {}", path,
      plural(static_cast<std::size_t>(table.rows), "row"), plural(table.columns.size(), "column"),
      shown_separator(table.separator), table.has_header ? "named by a header" : "no header"));
  Cells cells = {{"column", "kind", "missing", "least", "most", "values"}};
  Json columns = Json::array();
  for (const ColumnSummary& column : table.columns) {
    const bool numbers = column.numbers > 0;
    cells.push_back({in_quotes(column.name), kind_of(column), std::to_string(column.missing),
                     numbers ? fmt::format("{:g}", column.least) : "",
                     numbers ? fmt::format("{:g}", column.most) : "", shown_values(column)});
    columns.push_back({{"name", column.name},
                       {"kind", kind_of(column)},
                       {"missing", column.missing},
                       {"least", numbers ? Json(column.least) : Json()},
                       {"most", numbers ? Json(column.most) : Json()},
                       {"values", column.values}});
  }
  for (std::string& line : aligned(cells, /*left=*/true)) result.lines.push_back(std::move(line));
  result.facts = {{"path", path},
                  {"kind", "table"},
                  {"rows", table.rows},
                  {"header", table.has_header},
                  {"columns", columns}};
  return result;
}

void add_arrays(const ArrayFile& file, Inspection& result) {
  Cells cells = {{"name", "dtype", "shape", "bytes"}};
  Json arrays = Json::array();
  for (const ArrayEntry& entry : file.entries()) {
    cells.push_back(
        {entry.name, entry.dtype_name, shape_text(entry.shape), std::to_string(entry.bytes)});
    arrays.push_back({{"name", entry.name},
                      {"dtype", entry.dtype_name},
                      {"shape", entry.shape},
                      {"bytes", entry.bytes}});
  }
  for (std::string& line : aligned(cells, /*left=*/true)) result.lines.push_back(std::move(line));
  for (const auto& [key, value] : file.metadata()) {
    result.lines.push_back("metadata  " + in_quotes(key) + ": " + in_quotes(value));
  }
  result.facts["arrays"] = arrays;
  result.facts["metadata"] = file.metadata();
}

Inspection inspect_arrays(const std::string& path) {
  const ArrayFile file(path);
  Inspection result;
  result.lines.push_back(path + ": " + plural(file.entries().size(), "array"));
  result.facts = {{"path", path}, {"kind", "arrays"}};
  add_arrays(file, result);
  return result;
}

}  // namespace lora::cli
