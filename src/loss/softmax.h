// The cross-entropy of a softmax, for losses that have one.
#pragma once

#include <algorithm>
#include <cmath>

#include "lora/core/matrix.h"

namespace lora {

/// −log softmax(y)[label] for one row; writes weight · (softmax(y) − onehot(label)) to dy, which
/// may be y, unless it is null. The label's term is kept apart from the others: beside a 1, small
/// ones would vanish.
template <class Number>
double softmax_loss(const Number* y, Index classes, Index label, double weight, Number* dy) {
  const auto top = static_cast<double>(*std::max_element(y, y + classes));
  const double gap = top - static_cast<double>(y[label]);
  const auto term = [&](Index j) { return std::exp(static_cast<double>(y[j]) - top); };
  const double own = term(label);
  double others = 0;
  for (Index j = 0; j < classes; ++j) {
    if (j != label) others += term(j);
  }
  const double total = own + others;
  if (dy != nullptr) {
    for (Index j = 0; j < classes; ++j) dy[j] = static_cast<Number>(weight * (term(j) / total));
    dy[label] = static_cast<Number>(weight * (-others / total));
  }
  return own == 1 ? std::log1p(others) : std::log(total) + gap;
}

}  // namespace lora
