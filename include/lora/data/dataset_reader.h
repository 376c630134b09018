// From files to rows of numbers, and the table of the kinds of files.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lora/core/group.h"
#include "lora/data/class_encoder.h"
#include "lora/data/dataset.h"
#include "lora/data/dataset_request.h"
#include "lora/data/row_source.h"

namespace lora {

struct ReaderKind {
  std::string_view extension;
  std::string_view help;
  std::unique_ptr<RowSource> (*open)(const DatasetRequest&);          ///< request.data
  std::unique_ptr<RowSource> (*open_targets)(const DatasetRequest&);  ///< request.target
};

std::span<const ReaderKind> reader_kinds();

/// The kind of FILE, FILE:ARRAY or "-", by its ending. Throws Error(input) with the known ones if
/// it has none of them.
const ReaderKind& reader_kind(const std::string& name);

/// True if `target` is a file of its own (by its ending) and not columns of the data.
bool is_target_file(std::string_view target);

/// A data set, from front to back in pieces of a size that one chooses, or all of it at once.
class DatasetReader {
 public:
  /// Opens the files. Throws Error(input) if one cannot be read or is empty, Error(usage) if the
  /// targets are the features.
  explicit DatasetReader(const DatasetRequest& request);

  const SourceFacts& facts() const { return source_->facts(); }

  /// Puts the next rows, at most `max_rows`, into `data`; false at the end. Labels that are words
  /// need request.class_names. Throws Error(input) with file, line or row, and column of what is
  /// wrong: cells that are not finite numbers, labels or shares out of range, lengths that differ.
  bool read(Index max_rows, Dataset& data);

  /// Reads all rows for the names of their classes alone, as class_names() has them.
  std::vector<std::string> scan_class_names();

  /// All rows of this process's part of the file. Words are given indices once all processes have
  /// seen theirs. Throws Error(input) also if there is no row, or none of a weight above 0.
  Dataset read_all(Group& group);

  /// For this process alone.
  Dataset read_all();

  /// After the rows: the names of the classes in the order of their indices; empty if they are
  /// numbers.
  const std::vector<std::string>& class_names() const { return encoder_.names(); }

 private:
  bool read_piece(Index max_rows);
  void check_shares() const;
  void encode(const RowPiece& piece, std::vector<std::int32_t>& codes);

  std::unique_ptr<RowSource> source_;
  ClassEncoder encoder_;
  RowPiece piece_;
};

}  // namespace lora
