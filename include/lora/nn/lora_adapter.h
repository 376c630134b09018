// Low-rank adaptation (Hu and others, 2021, arXiv 2106.09685).
#pragma once

#include <memory>

#include "lora/core/parameter.h"
#include "lora/nn/adapter.h"

namespace lora {

/// Adds scale·x·Aᵀ·Bᵀ to a layer's output: A (rank, in), B (out, rank).
class LoraAdapter : public Adapter {
 public:
  LoraAdapter(Matrix A, Matrix B, double scale);

  static std::unique_ptr<Adapter> make(const AdapterOptions& options, Index in, Index out,
                                       Rng& rng);

  void forward(const View& x, const View& z, MutableView y, Tape& tape) const override;
  View backward(const View& dy, MutableView* dx, Tape& tape) override;
  DoubleMatrix delta(Index first, Index count) const override;
  void visit(const std::string& prefix, Visitor& visitor) override;

 private:
  Real s() const { return static_cast<Real>(scale_); }

  Parameter A_;
  Parameter B_;
  double scale_;
};

}  // namespace lora
