// What a data set is read for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lora/core/group.h"
#include "lora/core/matrix.h"
#include "lora/core/task.h"

namespace lora {

/// One of `count` parts of a file's rows, which follow each other and are about equally large.
struct FilePart {
  int number = 0;
  int count = 1;

  Index begin(Index rows) const { return rows * number / count; }
  Index end(Index rows) const { return rows * (number + 1) / count; }
};

struct DatasetRequest {
  std::string data;           ///< FILE, FILE:ARRAY, or "-" for a table on standard input
  std::string target;         ///< columns of the table, or a file; empty if targets are not wanted
  std::string weight_column;  ///< of the table; empty if each row counts once
  std::string keep_columns;   ///< of the table, to be passed along; may be empty
  std::string left_out;       ///< columns of the table that nobody wants; may be empty
  int threads = 1;            ///< at most so many read a table; the rows do not depend on it
  Group* group = nullptr;     ///< processes that share the rows out; null: this one has all
  bool parts_match = false;   ///< another file's rows belong to these: all are cut by their number
  std::optional<Task> task;   ///< nothing: classification if the first target is a word

  /// The features, if they are known by name: a table's columns are then found by it.
  std::vector<std::string> feature_names;

  /// Likewise for the targets, whatever columns `target` names.
  std::vector<std::string> target_names;

  FilePart part() const {
    return group == nullptr ? FilePart() : FilePart{group->rank(), group->size()};
  }

  std::optional<Index> outputs;  ///< classes are below this, if it is known
  std::vector<std::string>
      class_names;  ///< in the order of the outputs; empty if unknown or numbers
};

}  // namespace lora
