// The features of all rows: in memory, or where they lie in a file.
#pragma once

#include <memory>
#include <utility>

#include "lora/core/matrix.h"

namespace lora {

/// A matrix of its own, or a window on memory that it keeps alive (a mapped file, which the system
/// reads and forgets as it likes). Copies share the window.
class RowMatrix {
 public:
  RowMatrix() = default;
  RowMatrix(Matrix own) : own_(std::move(own)) {}

  /// `window`, (rows, cols) without gaps between the rows, for as long as `keeper` lives.
  RowMatrix(const ViewMap& window, std::shared_ptr<const void> keeper);

  Index rows() const { return keeper_ ? rows_ : own_.rows(); }
  Index cols() const { return keeper_ ? cols_ : own_.cols(); }
  Index size() const { return rows() * cols(); }

  /// Whether the numbers are not in memory of its own.
  bool is_window() const { return keeper_ != nullptr; }

  ViewMap view() const;
  auto row(Index i) const { return view().row(i); }
  ViewMap middleRows(Index first, Index count) const;

  /// Whether all numbers are equal.
  friend bool operator==(const RowMatrix& a, const View& b) { return a.view() == b; }

  /// Its own memory, to be changed: a window is copied first.
  Matrix& own();

 private:
  Matrix own_;
  std::shared_ptr<const void> keeper_;  // null if the numbers are in own_
  const Real* window_ = nullptr;
  Index rows_ = 0;
  Index cols_ = 0;
};

}  // namespace lora
