// Dropout on the input of an adapter.
#pragma once

#include "lora/core/matrix.h"
#include "lora/core/tape.h"
#include "lora/ops/dropout.h"

namespace lora {

/// Draws from the tape's generator in train mode; does nothing in infer mode or with a rate of 0.
class Dropout {
 public:
  /// `rate` in [0, 1): the share of numbers that become 0.
  explicit Dropout(double rate) : rate_(rate) {}

  bool draws() const { return rate_ > 0; }
  bool active(const Tape& tape) const { return rate_ > 0 && tape.mode() == Mode::train; }

  /// x with some of its numbers dropped: x itself if nothing is to be done, else a buffer of the
  /// tape.
  View forward(const View& x, Tape& tape) const;

  /// Calls inner(d), which adds the gradient of forward's result to *d, or to nothing if d is null,
  /// and hands the gradient on to dx, which may be null.
  template <class Inner>
  void backward(MutableView* dx, Tape& tape, const Inner& inner) const {
    if (!active(tape)) return inner(dx);
    if (dx == nullptr) {
      inner(dx);
      tape.take(this);
      return;
    }
    MutableView dropped = tape.buffer(dx->rows(), dx->cols());
    dropped.setZero();
    inner(&dropped);
    dropout_backward(dropped, tape.take(this)[0], *dx);
  }

 private:
  double rate_;
};

}  // namespace lora
