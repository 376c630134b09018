#include "lora/ops/dropout.h"

namespace lora {

void dropout(const View& x, double p, Rng& rng, MutableView noise, MutableView y) {
  const double kept = 1 - p;
  const Real factor = Real{1} / static_cast<Real>(kept);
  for (Index i = 0; i < x.rows(); ++i) {
    for (Index j = 0; j < x.cols(); ++j) noise(i, j) = rng.bernoulli(kept) ? factor : Real{0};
    y.row(i) = noise.row(i).cwiseProduct(x.row(i));
  }
}

void dropout_backward(const View& dy, const View& noise, MutableView dx) {
  dx += noise.cwiseProduct(dy);
}

}  // namespace lora
