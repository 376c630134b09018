#include "lora/ops/silu.h"

#include "elementwise.h"

namespace lora {

namespace {

/// Eigen's own logistic function is right to three digits only for large negative numbers.
template <class Array>
auto sigmoid(const Array& v) {
  return (Real{1} + (-v).exp()).inverse();
}

}  // namespace

void silu(const View& x, MutableView y, const Compute& compute) {
  map_elements(x, y, compute, [](const auto& v) { return v * sigmoid(v); });
}

void silu_backward(const View& x, const View& dy, MutableView dx, const Compute& compute) {
  map_elements_backward(x, dy, dx, compute, [](const auto& v) {
    return sigmoid(v) * (Real{1} + v * (Real{1} - sigmoid(v)));
  });
}

}  // namespace lora
