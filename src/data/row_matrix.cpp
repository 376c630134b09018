#include "lora/data/row_matrix.h"

#include <utility>

namespace lora {

RowMatrix::RowMatrix(const ViewMap& window, std::shared_ptr<const void> keeper)
    : keeper_(std::move(keeper)),
      window_(window.data()),
      rows_(window.rows()),
      cols_(window.cols()) {}

ViewMap RowMatrix::view() const {
  return middleRows(0, rows());
}

ViewMap RowMatrix::middleRows(Index first, Index count) const {
  const Real* start = keeper_ ? window_ : own_.data();
  return {start + first * cols(), count, cols(), Eigen::OuterStride<>(cols())};
}

Matrix& RowMatrix::own() {
  if (keeper_) {
    own_ = view();
    keeper_.reset();
  }
  return own_;
}

}  // namespace lora
