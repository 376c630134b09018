// What a text table holds, column by column.
#pragma once

#include <limits>
#include <set>
#include <string>
#include <vector>

#include "lora/core/matrix.h"

namespace lora {

struct ColumnSummary {
  static constexpr std::size_t kMostValues = 1000;

  std::string name;
  Index numbers = 0;                                       ///< cells that are finite numbers
  Index missing = 0;                                       ///< empty cells and words such as NA
  Index texts = 0;                                         ///< all others
  double least = std::numeric_limits<double>::infinity();  ///< of the numbers
  double most = -std::numeric_limits<double>::infinity();
  std::set<std::string> values = {};  ///< different texts, at most kMostValues of them
};

struct TableSummary {
  bool has_header = false;
  char separator = ',';
  Index rows = 0;
  std::vector<ColumnSummary> columns;
};

/// Reads all of a table; "-" is standard input. Throws Error(input) where its form is wrong, but
/// not for what stands in its cells.
TableSummary summarize_table(const std::string& path);

}  // namespace lora
