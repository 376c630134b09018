// Low-rank adaptation (Hu and others, 2021, arXiv 2106.09685).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "lora/nn/adapter.h"
#include "lora/nn/lora_parts.h"

namespace lora {

/// Adds scale·x·Aᵀ·Bᵀ to a layer's output, for x (n, in), A (rank, in) and B (out, rank); LowRank
/// has the gradients.
class LoraAdapter : public Adapter {
 public:
  explicit LoraAdapter(LoraParts parts) : parts_(std::move(parts)) {}
  LoraAdapter(Matrix A, Matrix B, double scale, double dropout = 0);

  /// Throws Error(usage) as LoraParts::drawn() does.
  static std::unique_ptr<Adapter> make(const AdapterOptions& options, const FrozenMatrix& weight,
                                       Rng& rng);

  LowRank* only_factors() override {
    return parts_.start || parts_.dropout.draws() ? nullptr : &parts_.trained;
  }
  bool draws() const override { return parts_.dropout.draws(); }
  void forward(const FrozenMatrix& W, const View& x, const View& z, MutableView y,
               Tape& tape) const override;
  std::optional<View> backward(const FrozenMatrix& W, const View& dy, MutableView* dx,
                               Tape& tape) override;
  DoubleMatrix delta(const FrozenMatrix& W, Index first, Index count) const override;
  std::optional<LoraFactors> converted() const override { return parts_.converted(); }
  void visit(const std::string& prefix, Visitor& visitor) override;

 private:
  LoraParts parts_;
};

}  // namespace lora
