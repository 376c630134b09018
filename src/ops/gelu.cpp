#include "lora/ops/gelu.h"

#include <numbers>
#include <unsupported/Eigen/SpecialFunctions>

#include "elementwise.h"

namespace lora {

namespace {

constexpr Real kHalf = Real{1} / Real{2};
constexpr auto kRootOfHalf = static_cast<Real>(1 / std::numbers::sqrt2);
constexpr auto kDensityAtZero =  // 1/√(2π)
    static_cast<Real>(std::numbers::inv_sqrtpi / std::numbers::sqrt2);
constexpr auto kSlope = static_cast<Real>(std::numbers::sqrt2 * std::numbers::inv_sqrtpi);
constexpr auto kCubic = static_cast<Real>(0.044715);

/// Φ.
template <class Array>
auto distribution(const Array& v) {
  return kHalf * (Real{1} + (v * kRootOfHalf).erf());
}

/// tanh(u).
template <class Array>
auto bend(const Array& v) {
  return (kSlope * (v + kCubic * v.cube())).tanh();
}

}  // namespace

void gelu(const View& x, MutableView y, const Compute& compute) {
  map_elements(x, y, compute, [](const auto& v) { return v * distribution(v); });
}

void gelu_backward(const View& x, const View& dy, MutableView dx, const Compute& compute) {
  map_elements_backward(x, dy, dx, compute, [](const auto& v) {
    return distribution(v) + v * (kDensityAtZero * (-kHalf * v.square()).exp());
  });
}

void gelu_tanh(const View& x, MutableView y, const Compute& compute) {
  map_elements(x, y, compute, [](const auto& v) { return kHalf * v * (Real{1} + bend(v)); });
}

void gelu_tanh_backward(const View& x, const View& dy, MutableView dx, const Compute& compute) {
  map_elements_backward(x, dy, dx, compute, [](const auto& v) {
    return kHalf * (Real{1} + bend(v)) + kHalf * v * (Real{1} - bend(v).square()) *
                                             (kSlope * (Real{1} + 3 * kCubic * v.square()));
  });
}

}  // namespace lora
