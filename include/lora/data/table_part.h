// Which bytes of a table's file each of several processes reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lora/core/group.h"

namespace lora {

/// Whole lines.
struct TablePart {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::int64_t line = 1;  ///< where it begins, from 1
};

/// This process's part of the file, about as many bytes as the others'. Each process looks through
/// its own part alone. Nothing if parts are better cut by counting rows: where a quote stands in
/// the file (a line may then be no row), where lines end otherwise than in LF, where a part would
/// have no row, where it is small: `smallest` is the size from which on it is cut. Throws
/// Error(input) if it cannot be read.
std::optional<TablePart> table_part(const std::string& path, Group& group,
                                    std::uint64_t smallest = std::uint64_t{1} << 20U);

}  // namespace lora
