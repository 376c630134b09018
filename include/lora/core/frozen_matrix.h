// A weight that is never trained: data only, in its own element type and layout.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "lora/core/dtype.h"
#include "lora/core/matrix.h"

namespace lora {

/// How the elements of a weight lie in memory, row after row.
enum class Layout {
  out_in,  ///< (out, in), as torch.nn.Linear keeps it
  in_out,  ///< (in, out), as GPT-2's Conv1D keeps it
};

/// An immutable weight of a linear map from in to out features. The bytes are its own or a view of
/// a mapping that somebody else keeps alive. Movable, not copyable.
class FrozenMatrix {
 public:
  /// Takes over `weight`, (out, in).
  explicit FrozenMatrix(Matrix weight);

  /// Looks at `bytes`: rows·cols elements of a floating `dtype`, little-endian, in C order; (rows,
  /// cols) is (out, in) or (in, out) as `layout` says. Copies them only if they are not aligned for
  /// their type. Throws Error(input) for another `dtype`, and if the number of bytes does not fit.
  FrozenMatrix(std::span<const std::byte> bytes, DType dtype, Index rows, Index cols,
               Layout layout);

  FrozenMatrix(FrozenMatrix&&) = default;
  FrozenMatrix& operator=(FrozenMatrix&&) = default;
  FrozenMatrix(const FrozenMatrix&) = delete;
  FrozenMatrix& operator=(const FrozenMatrix&) = delete;
  ~FrozenMatrix() = default;

  Index rows() const { return rows_; }
  Index cols() const { return cols_; }
  Index in_features() const { return layout_ == Layout::out_in ? cols_ : rows_; }
  Index out_features() const { return layout_ == Layout::out_in ? rows_ : cols_; }
  Index size() const { return rows_ * cols_; }
  DType dtype() const { return dtype_; }
  Layout layout() const { return layout_; }
  std::span<const std::byte> bytes() const { return bytes_; }

  /// True if the elements are of type Real, so that map() can be used.
  bool is_real() const;

  /// The elements as they lie in memory, (rows, cols). Only if is_real(), which is not checked.
  ViewMap map() const;

 private:
  std::vector<std::byte> owned_bytes_;
  Matrix owned_matrix_;
  std::span<const std::byte> bytes_;
  DType dtype_;
  Layout layout_ = Layout::out_in;
  Index rows_;
  Index cols_;
};

}  // namespace lora
