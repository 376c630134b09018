#include "lora/ops/tanh.h"

#include "elementwise.h"

namespace lora {

void tanh(const View& x, MutableView y, const Compute& compute) {
  map_elements(x, y, compute, [](const auto& v) { return v.tanh(); });
}

void tanh_backward(const View& x, const View& dy, MutableView dx, const Compute& compute) {
  map_elements_backward(x, dy, dx, compute,
                        [](const auto& v) { return Real{1} - v.tanh().square(); });
}

}  // namespace lora
