// Rows of a file of any kind, from front to back in pieces.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lora/core/matrix.h"
#include "lora/core/task.h"
#include "lora/data/row_matrix.h"

namespace lora {

/// Of a file that is read in pieces.
inline constexpr Index kRowsAtOnce = 4096;

/// Rows as they stand in a file. Vectors are row-major; one that the file is not read for is empty.
struct RowPiece {
  Index rows = 0;
  std::vector<Real> features;
  std::vector<Real> targets;
  std::vector<Real> weights;
  std::vector<std::string> label_texts;     ///< labels of a file of text …
  std::vector<std::int64_t> label_numbers;  ///< … or of an array of numbers
  std::vector<std::string> kept;

  /// Forgets the rows, keeps the memory.
  void clear();
};

/// What there is to know of a source before its first row.
struct SourceFacts {
  std::string label;                       ///< what messages call it: the file, or "stdin"
  Index features = 0;                      ///< columns
  Index targets = 0;                       ///< columns, 0 if it is read without; 1 for labels
  Task task = Task::regression;            ///< as it was asked for, else by the first target
  std::optional<Index> rows;               ///< of all parts, if the file says so
  bool can_map_features = false;           ///< see RowSource::map_features()
  bool is_table = false;                   ///< of text, with or without a header
  std::vector<std::string> feature_names;  ///< empty if the columns have no names
  std::vector<std::string> target_names;   ///< likewise
  std::vector<std::string> kept_names;
};

class RowSource {
 public:
  virtual ~RowSource() = default;

  const SourceFacts& facts() const { return facts_; }

  /// Puts the next rows, at most `max_rows`, in place of what `piece` holds; false at the end.
  /// Every number is finite. Throws Error(input) with the place of what is wrong.
  virtual bool read(Index max_rows, RowPiece& piece) = 0;

  /// All features where they lie in the file, if that is worth it: from then on they are left out
  /// of pieces. Throws Error(input) with the place of one that is not finite.
  virtual std::optional<RowMatrix> map_features() { return std::nullopt; }

  /// Where row `i` of the last piece has its target: "data.csv:17", "y.npy: row 16 (the first is
  /// 0)".
  virtual std::string place(Index i) const = 0;

 protected:
  SourceFacts facts_;
};

/// "row 16 (the first is 0)": how messages call a row of an array.
std::string row_text(Index row);

}  // namespace lora
