// Rows of an array in a file: .npy, .npz or .safetensors.
#pragma once

#include <memory>
#include <string>

#include "lora/data/dataset_request.h"
#include "lora/data/row_source.h"
#include "lora/io/array_file.h"

namespace lora {

/// Each row of a matrix (rows, columns) or element of a list (rows,).
class ArraySource : public RowSource {
 public:
  /// What the array is read as.
  enum class Use { features, targets };

  /// request.data as features. Throws Error(usage) for options that only tables have, and
  /// Error(input) as the constructor does.
  static std::unique_ptr<RowSource> open(const DatasetRequest& request);

  /// request.target as targets or labels; an array of text is labels.
  static std::unique_ptr<RowSource> open_targets(const DatasetRequest& request);

  /// Throws Error(input) if the file or the array cannot be read, has another shape, or is empty.
  ArraySource(const std::string& file_and_name, Use use, const DatasetRequest& request);

  bool read(Index max_rows, RowPiece& piece) override;
  std::optional<RowMatrix> map_features() override;
  std::string place(Index i) const override;

 private:
  void read_numbers(Index count, std::vector<Real>& values);
  void check_finite(const View& rows, Index first_row) const;
  void read_labels(Index count, RowPiece& piece);
  [[noreturn]] void refuse_value(Index row, Index col) const;

  std::shared_ptr<ArrayFile> file_;
  std::optional<NpyArray> array_;  // nothing if it is text
  std::optional<NpyTextArray> text_;
  Use use_;
  bool is_mapped_ = false;
  Index cols_ = 0;
  Index next_row_ = 0;
  Index end_row_ = 0;    // of this part
  Index piece_row_ = 0;  // of the last piece
};

}  // namespace lora
