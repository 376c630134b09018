// The product of two thin factors, beside a frozen weight.
#pragma once

#include "lora/core/parameter.h"
#include "lora/core/tape.h"
#include "lora/nn/lora_init.h"
#include "lora/ops/frozen.h"

namespace lora {

/// scale·B·A with A (rank, in) and B (out, rank), both trained or both fixed.
class LowRank {
 public:
  LowRank(LoraFactors factors, double scale, bool trained);

  /// y += scale·x·Aᵀ·Bᵀ for x (n, in), y (n, out). x must live until backward.
  void forward(const View& x, MutableView y, Tape& tape) const;

  /// Given dy (n, out): adds to the gradients of trained factors and, unless it is null, to dx (n,
  /// in). By the chain rule, with h = x·Aᵀ and s the scale:
  ///     dB += s·dyᵀ·h        dh = s·dy·B        dA += dhᵀ·x        dx += dh·A
  void backward(const View& dy, MutableView* dx, Tape& tape);

  Parameter& A() { return A_; }
  Parameter& B() { return B_; }
  const Parameter& A() const { return A_; }
  const Parameter& B() const { return B_; }

  double scale() const { return scale_; }

  LowRankTerm term() const { return {A_.value, B_.value, s()}; }

  /// Rows first … first+count−1 of scale·B·A: (count, in), in double.
  DoubleMatrix rows(Index first, Index count) const;

 private:
  Real s() const { return static_cast<Real>(scale_); }

  Parameter A_;
  Parameter B_;
  double scale_;
};

}  // namespace lora
