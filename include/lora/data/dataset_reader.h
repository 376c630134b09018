// From files to a data set, and the table of the kinds of files.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lora/core/task.h"
#include "lora/data/dataset.h"

namespace lora {

struct DatasetRequest {
  std::string data;    ///< a file
  std::string target;  ///< columns of the file, or a file of its own
  Task task = Task::regression;
  std::optional<Index> classes;  ///< labels must be below this, if it is known
};

struct ReaderKind {
  std::string_view extension;
  std::string_view help;
  Dataset (*read)(const DatasetRequest&);
};

std::span<const ReaderKind> reader_kinds();

/// Reads all of it. Throws Error(input) with file, line or row, and column of what is wrong: an
/// empty set, cells that are not finite numbers, labels out of range, lengths that differ.
Dataset read_dataset(const DatasetRequest& request);

}  // namespace lora
