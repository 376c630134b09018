// Derivatives by trying it out.
#pragma once

#include "lora/core/matrix.h"

namespace lora::test {

/// Central differences of `function()` by each entry of `values`, which it reads: each entry is
/// moved up and down by the step and put back. In double, about 1e-9 of the largest one off.
template <class Function>
Matrix finite_differences(MutableView values, const Function& function) {
  constexpr Real kStep = 1e-4;
  Matrix differences(values.rows(), values.cols());
  for (Index i = 0; i < values.rows(); ++i) {
    for (Index j = 0; j < values.cols(); ++j) {
      const Real value = values(i, j);
      values(i, j) = value + kStep;
      const double above = function();
      values(i, j) = value - kStep;
      const double below = function();
      values(i, j) = value;
      differences(i, j) = static_cast<Real>((above - below) / (2 * static_cast<double>(kStep)));
    }
  }
  return differences;
}

}  // namespace lora::test
