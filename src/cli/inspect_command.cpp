#include "inspect_command.h"

#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "base_model.h"
#include "columns.h"
#include "exit_code.h"
#include "lora/artifact/peft_adapter.h"
#include "lora/core/error.h"
#include "lora/core/table.h"
#include "lora/core/text.h"
#include "lora/data/table_summary.h"
#include "lora/io/array_file.h"
#include "lora/io/shape.h"
#include "lora/report/json_lines.h"
#include "standard_output.h"

namespace lora::cli {

namespace {

using Json = nlohmann::ordered_json;
using Cells = std::vector<std::vector<std::string>>;

constexpr std::size_t kValuesShown = 6;

/// What there is to say of a path: lines for people, an object for programs.
struct Inspection {
  std::vector<std::string> lines;
  Json facts;
};

std::string plural(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

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

void add_record(const RunRecord& record, Inspection& result) {
  result.lines.push_back(fmt::format("trained   {} epochs, {} steps; kept is epoch {}",
                                     record.epochs, record.steps, record.kept_epoch));
  result.lines.push_back("task      " + name_of(record.task));
  if (!record.target_names.empty()) {
    result.lines.push_back("targets   " + joined(record.target_names));
  }
  if (!record.class_names.empty()) {
    result.lines.push_back("classes   " + joined(record.class_names));
  }
  result.lines.push_back(std::string("features  ") +
                         (record.scaling ? "standardised" : "as they are"));
  result.facts["record"] = Json::parse(run_record_text(record));
}

Inspection inspect_adapter(const std::string& path) {
  const SavedAdapter saved(path);
  const PeftConfig& config = saved.adapter.config();
  Inspection result;
  result.lines.push_back(fmt::format(
      "{}: LoRA adapter of rank {}, alpha {}, bias {}, for {}", path, config.rank, config.alpha,
      config.bias, config.base_model.empty() ? "a base without a name" : config.base_model));
  result.facts = {{"path", path},          {"kind", "adapter"},   {"rank", config.rank},
                  {"alpha", config.alpha}, {"bias", config.bias}, {"base", config.base_model}};
  add_arrays(ArrayFile(saved.adapter.tensors().path()), result);
  if (saved.record) add_record(*saved.record, result);
  return result;
}

Inspection inspect(const std::string& path) {
  if (std::filesystem::is_directory(path)) return inspect_adapter(path);
  return names_array_file(path) ? inspect_arrays(path) : inspect_table(path);
}

}  // namespace

int run_inspect(Options& options, const std::vector<Setting>& /*settings*/) {
  StandardOutput out;
  JsonLines json([&out](const std::string& line) { out.line(line); });
  Json files = Json::array();
  for (const std::string& path : options.paths) {
    Inspection inspection = inspect(path);
    files.push_back(std::move(inspection.facts));
    if (options.json) continue;
    for (const std::string& line : inspection.lines) out.line(line);
  }
  if (options.json) json.end({{"files", files}}, kDone);
  return kDone;
}

}  // namespace lora::cli
