// A matrix that training may change, with room for its gradient.
#pragma once

#include "lora/core/matrix.h"

namespace lora {

/// A trained parameter owns a gradient of its own shape; an empty gradient means frozen. A bias or
/// a magnitude of `out` numbers is (1, out).
struct Parameter {
  Matrix value;
  Matrix grad;

  bool trainable() const { return grad.size() != 0; }

  /// Gives the parameter a zero gradient, or takes it away.
  void set_trainable(bool on) {
    if (on) {
      grad.setZero(value.rows(), value.cols());
    } else {
      grad.resize(0, 0);
    }
  }
};

}  // namespace lora
