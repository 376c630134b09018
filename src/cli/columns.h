// Columns of text that stand below each other.
#pragma once

#include <string>
#include <vector>

namespace lora::cli {

/// One line for each row of cells, blanks between the columns; the first column is aligned to the
/// left, the others to the right unless `left` is set. Widths are those of characters.
std::vector<std::string> aligned(const std::vector<std::vector<std::string>>& rows,
                                 bool left = false);

}  // namespace lora::cli
