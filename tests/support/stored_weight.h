// A weight as the bytes of a file, in any floating type and layout.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "lora/core/dtype.h"
#include "lora/core/frozen_matrix.h"
#include "lora/core/matrix.h"

namespace lora::test {

struct Storage {
  DType dtype;
  Layout layout;

  std::string text() const {
    return std::string(name_of(dtype)) + (layout == Layout::out_in ? " (out, in)" : " (in, out)");
  }
};

/// Every way in which a frozen weight can be stored.
inline constexpr std::array kStorages = {
    Storage{DType::f64, Layout::out_in},  Storage{DType::f64, Layout::in_out},
    Storage{DType::f32, Layout::out_in},  Storage{DType::f32, Layout::in_out},
    Storage{DType::f16, Layout::out_in},  Storage{DType::f16, Layout::in_out},
    Storage{DType::bf16, Layout::out_in}, Storage{DType::bf16, Layout::in_out},
};

/// Keeps the bytes of W (out, in) that a FrozenMatrix looks at.
class StoredWeight {
 public:
  StoredWeight(const Matrix& W, const Storage& storage) : storage_(storage) {
    const Matrix stored = storage.layout == Layout::out_in ? W : Matrix(W.transpose());
    rows_ = stored.rows();
    cols_ = stored.cols();
    for (Index i = 0; i < stored.size(); ++i) append(stored.data()[i]);
  }

  FrozenMatrix frozen() const {
    return FrozenMatrix(bytes_, storage_.dtype, rows_, cols_, storage_.layout);
  }

 private:
  void append(Real value) {
    switch (storage_.dtype) {
      case DType::f64:
        return append_bytes(static_cast<double>(value));
      case DType::f32:
        return append_bytes(static_cast<float>(value));
      case DType::f16:
        return append_bytes(Eigen::half(static_cast<float>(value)));
      default:
        return append_bytes(Eigen::bfloat16(static_cast<float>(value)));
    }
  }

  template <class Element>
  void append_bytes(Element element) {
    const std::size_t end = bytes_.size();
    bytes_.resize(end + sizeof element);
    std::memcpy(bytes_.data() + end, &element, sizeof element);
  }

  Storage storage_;
  Index rows_;
  Index cols_;
  std::vector<std::byte> bytes_;
};

}  // namespace lora::test
