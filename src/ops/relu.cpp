#include "lora/ops/relu.h"

#include "elementwise.h"

namespace lora {

void relu(const View& x, MutableView y, const Compute& compute) {
  // Written so that NaN, which is not below 0, is kept.
  map_elements(x, y, compute, [](const auto& v) { return (v < Real{0}).select(Real{0}, v); });
}

void relu_backward(const View& x, const View& dy, MutableView dx, const Compute& compute) {
  map_elements_backward(x, dy, dx, compute,
                        [](const auto& v) { return (v > Real{0}).template cast<Real>(); });
}

}  // namespace lora
