#include "lora/core/frozen_matrix.h"

#include <cstdint>
#include <type_traits>
#include <utility>

#include "lora/core/error.h"

namespace lora {

namespace {

constexpr DType kRealDType = std::is_same_v<Real, double> ? DType::f64 : DType::f32;

}  // namespace

FrozenMatrix::FrozenMatrix(Matrix weight)
    : owned_matrix_(std::move(weight)),
      dtype_(kRealDType),
      rows_(owned_matrix_.rows()),
      cols_(owned_matrix_.cols()) {
  bytes_ = std::as_bytes(
      std::span<const Real>(owned_matrix_.data(), static_cast<std::size_t>(owned_matrix_.size())));
}

FrozenMatrix::FrozenMatrix(std::span<const std::byte> bytes, DType dtype, Index rows, Index cols,
                           Layout layout)
    : bytes_(bytes), dtype_(dtype), layout_(layout), rows_(rows), cols_(cols) {
  const std::size_t element = size_of(dtype);
  if (!is_floating(dtype)) {
    throw Error(ErrorKind::input, "a frozen weight must be of a floating type, not ",
                name_of(dtype));
  }
  if (bytes.size() != static_cast<std::size_t>(size()) * element) {
    throw Error(ErrorKind::input, "a frozen weight of ", rows, " × ", cols, " ", name_of(dtype),
                " elements takes ", static_cast<std::size_t>(size()) * element, " bytes, not ",
                bytes.size());
  }
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % element != 0) {
    owned_bytes_.assign(bytes.begin(), bytes.end());
    bytes_ = owned_bytes_;
  }
}

bool FrozenMatrix::is_real() const {
  return dtype_ == kRealDType;
}

ViewMap FrozenMatrix::map() const {
  return {reinterpret_cast<const Real*>(bytes_.data()), rows_, cols_, Eigen::OuterStride<>(cols_)};
}

}  // namespace lora
