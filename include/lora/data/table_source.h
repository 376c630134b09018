// Rows of a text table: features, targets, weights and kept columns of one file.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "lora/data/dataset_request.h"
#include "lora/data/row_source.h"
#include "lora/data/text_table.h"

namespace lora {

class TableSource : public RowSource {
 public:
  /// request.target names columns, or is empty. Features are request.feature_names if these are
  /// known and the table has a header, else all columns with a name that are neither target nor
  /// weight nor kept. Throws Error(input) for a column that is not there or has two uses, and
  /// for features of one name.
  static std::unique_ptr<RowSource> open(const DatasetRequest& request);

  /// A file in which all columns are targets.
  static std::unique_ptr<RowSource> open_targets(const DatasetRequest& request);

  /// What both are made by; throws as open() does.
  TableSource(const std::string& path, const DatasetRequest& request, bool only_targets);

  bool read(Index max_rows, RowPiece& piece) override;
  std::string place(Index i) const override;

 private:
  void choose_columns(const DatasetRequest& request, bool only_targets);
  std::vector<std::size_t> target_columns(const DatasetRequest& request) const;
  std::vector<std::size_t> feature_columns(const DatasetRequest& request) const;
  void check_own_names(const std::vector<std::size_t>& columns) const;
  Task task_of(const DatasetRequest& request) const;
  std::vector<std::string> names_of(const std::vector<std::size_t>& columns) const;
  void share_out(const DatasetRequest& request);
  void split_numbers(RowPiece& piece);
  void check_weights(const RowPiece& piece) const;

  TextTable table_;
  std::vector<std::size_t> targets_;
  std::vector<std::size_t> weight_;  // none or one
  std::vector<std::size_t> kept_;
  bool labelled_ = false;
  TableRows rows_;
  Index rows_left_ = std::numeric_limits<Index>::max();  // of the part that is read
};

}  // namespace lora
