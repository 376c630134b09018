// Columns of text that stand below each other.
#pragma once

#include <string>
#include <vector>

namespace lora::cli {

/// One line for each row of cells, blanks between the columns; the first column is aligned to the
/// left, the others to the right unless `left` is set. Widths are those of characters. What a
/// terminal does not show as it is (a line end in a name) stands as in_quotes() has it.
std::vector<std::string> aligned(std::vector<std::vector<std::string>> rows, bool left = false);

}  // namespace lora::cli
