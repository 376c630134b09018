#include "lora/data/array_source.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include "lora/core/error.h"
#include "lora/io/npy.h"
#include "lora/io/shape.h"

namespace lora {

namespace {

// Smaller arrays are copied, and then do not depend on their file any more.
constexpr std::size_t kSmallestMapping = 64 << 20;  // bytes

}  // namespace

std::unique_ptr<RowSource> ArraySource::open(const DatasetRequest& request) {
  for (const auto& [given, option] : {std::pair{&request.weight_column, "--weight-column"},
                                      {&request.keep_columns, "--keep-columns"}}) {
    if (given->empty()) continue;
    throw Error(ErrorKind::usage, option, " ", *given, " needs a table with columns, but ",
                request.data, " is an array");
  }
  return std::make_unique<ArraySource>(request.data, Use::features, request);
}

std::unique_ptr<RowSource> ArraySource::open_targets(const DatasetRequest& request) {
  return std::make_unique<ArraySource>(request.target, Use::targets, request);
}

ArraySource::ArraySource(const std::string& file_and_name, Use use, const DatasetRequest& request)
    : file_(std::make_shared<ArrayFile>(split_file_and_name(file_and_name).file)), use_(use) {
  const std::string name = split_file_and_name(file_and_name).name;
  const bool labels_wanted =
      use == Use::targets && request.task.value_or(Task::classification) == Task::classification;
  if (labels_wanted && file_->entry(name).is_text) {
    text_ = file_->text(name);
    facts_.label = text_->path;
    facts_.rows = text_->rows;
    cols_ = 1;
  } else {
    array_ = file_->array(name);
    facts_.label = array_->path;
    const NpyTable table = npy_table(*array_);
    facts_.rows = table.rows;
    cols_ = table.cols;
  }
  if (*facts_.rows == 0 || cols_ == 0) {
    throw Error(ErrorKind::input, facts_.label, ": of shape ",
                array_ ? shape_text(array_->shape) : "(0,)", ", so there is nothing in it");
  }
  facts_.task = text_ ? Task::classification : request.task.value_or(Task::regression);
  if (facts_.task == Task::classification && use == Use::targets && cols_ != 1) {
    throw Error(ErrorKind::input, facts_.label, ": shape ", shape_text(array_->shape),
                " is no list of classes; (rows,) or (rows, 1) would fit");
  }
  next_row_ = request.part().begin(*facts_.rows);
  end_row_ = request.part().end(*facts_.rows);
  (use == Use::features ? facts_.features : facts_.targets) = cols_;
  facts_.can_map_features = use == Use::features && array_ && is_native_real_rows(*array_) &&
                            array_->data.size() >= kSmallestMapping;
}

bool ArraySource::read(Index max_rows, RowPiece& piece) {
  piece.clear();
  piece_row_ = next_row_;
  const Index count = std::min(max_rows, end_row_ - next_row_);
  if (use_ == Use::features) {
    if (!is_mapped_) read_numbers(count, piece.features);
  } else if (facts_.task == Task::classification) {
    read_labels(count, piece);
  } else {
    read_numbers(count, piece.targets);
  }
  piece.rows = count;
  next_row_ += count;
  return count > 0;
}

void ArraySource::read_numbers(Index count, std::vector<Real>& values) {
  values.resize(static_cast<std::size_t>(count * cols_));
  MutableViewMap rows(values.data(), count, cols_, Eigen::OuterStride<>(cols_));
  npy_rows_to_float(*array_, next_row_, rows);
  check_finite(rows, next_row_);
  if (array_->fortran_order) return;
  const std::size_t row_bytes = array_->data.size() / static_cast<std::size_t>(*facts_.rows);
  file_->file().forget(array_->data.subspan(static_cast<std::size_t>(next_row_) * row_bytes,
                                            static_cast<std::size_t>(count) * row_bytes));
}

void ArraySource::check_finite(const View& rows, Index first_row) const {
  if (rows.allFinite()) return;
  for (Index row = 0; row < rows.rows(); ++row) {
    for (Index col = 0; col < cols_; ++col) {
      if (!std::isfinite(rows(row, col))) refuse_value(first_row + row, col);
    }
  }
}

std::optional<RowMatrix> ArraySource::map_features() {
  if (!facts_.can_map_features) return std::nullopt;
  const Real* const first = reinterpret_cast<const Real*>(array_->data.data()) + next_row_ * cols_;
  const ViewMap all(first, end_row_ - next_row_, cols_, Eigen::OuterStride<>(cols_));
  for (Index row = 0; row < all.rows(); row += kBlockRows) {
    check_finite(all.middleRows(row, std::min(kBlockRows, all.rows() - row)), next_row_ + row);
  }
  is_mapped_ = true;
  return RowMatrix(all, file_);
}

void ArraySource::read_labels(Index count, RowPiece& piece) {
  if (text_) {
    for (Index i = 0; i < count; ++i) {
      piece.label_texts.push_back(npy_text(*text_, next_row_ + i));
    }
    return;
  }
  piece.label_numbers.resize(static_cast<std::size_t>(count));
  npy_rows_to_int64(*array_, next_row_, piece.label_numbers);
}

void ArraySource::refuse_value(Index row, Index col) const {
  const double value = npy_element(*array_, row, col);
  const std::string place = facts_.label + ": row " + std::to_string(row) + ", column " +
                            std::to_string(col) + " (the first is 0): ";
  if (std::isfinite(value)) {
    throw Error(ErrorKind::input, place, value,
                " is too large for float32, which ends at 3.4e38; scale the column");
  }
  throw Error(ErrorKind::input, place, value, " is not a finite number; remove or fill such rows");
}

std::string ArraySource::place(Index i) const {
  return facts_.label + ": " + row_text(piece_row_ + i);
}

}  // namespace lora
