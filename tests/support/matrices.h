// Matrices of made-up numbers, and how far two matrices are apart.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>

#include "lora/core/matrix.h"

namespace lora::test {

/// Multiples of 1/8 in [−2, 2]: exact in every floating type, and so are sums of some thousand of
/// their products, in whatever order.
inline Matrix eighths(Index rows, Index cols, std::uint32_t seed) {
  std::mt19937 engine(seed);
  return Matrix::NullaryExpr(
      rows, cols, [&] { return static_cast<Real>(static_cast<int>(engine() % 33) - 16) / 8; });
}

/// Numbers of many digits in [−1, 1): their sums depend on the order.
inline Matrix fractions(Index rows, Index cols, std::uint32_t seed) {
  std::mt19937 engine(seed);
  return Matrix::NullaryExpr(
      rows, cols, [&] { return static_cast<Real>(static_cast<double>(engine()) * 0x1p-31 - 1); });
}

/// The largest difference of two entries, as a share of the largest entry of `expected`; 0 for
/// empty and for equal matrices, infinite where an entry is not a number.
inline double relative_error(const View& actual, const View& expected) {
  double largest = 0;
  double difference = 0;
  for (Index i = 0; i < expected.rows(); ++i) {
    for (Index j = 0; j < expected.cols(); ++j) {
      const auto wanted = static_cast<double>(expected(i, j));
      const double apart = std::abs(static_cast<double>(actual(i, j)) - wanted);
      if (std::isnan(apart)) return HUGE_VAL;
      largest = std::max(largest, std::abs(wanted));
      difference = std::max(difference, apart);
    }
  }
  return difference == 0 ? 0 : difference / largest;
}

}  // namespace lora::test
