#include "lora/ops/dropout.h"

#include <cstddef>

namespace lora {

void dropout(const View& x, double p, Rng& rng, MutableView noise, MutableView y,
             const std::optional<RowPlaces>& places) {
  const double kept = 1 - p;
  const Real factor = Real{1} / static_cast<Real>(kept);
  const auto pass_over = [&](Index rows) {
    for (Index draw = 0; draw < rows * x.cols(); ++draw) rng.bernoulli(kept);
  };
  Index next = 0;  // row of all processes
  for (Index i = 0; i < x.rows(); ++i) {
    const Index row = places ? places->places[static_cast<std::size_t>(i)] : i;
    pass_over(row - next);
    next = row + 1;
    for (Index j = 0; j < x.cols(); ++j) noise(i, j) = rng.bernoulli(kept) ? factor : Real{0};
    y.row(i) = noise.row(i).cwiseProduct(x.row(i));
  }
  if (places) pass_over(places->rows - next);
}

void dropout_backward(const View& dy, const View& noise, MutableView dx) {
  dx += noise.cwiseProduct(dy);
}

}  // namespace lora
