// Weight-decomposed low-rank adaptation (Liu and others, 2024, arXiv 2402.09353).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "lora/core/parameter.h"
#include "lora/nn/adapter.h"
#include "lora/nn/lora_parts.h"

namespace lora {

/// LoRA gives each row of the weight its direction, a trained magnitude its length: with V = W +
/// scale·B·A (out, in), row j of the adapted weight is m_j/‖V_j‖·V_j. As in the paper's section 4.3
/// and in PEFT, the lengths ‖V_j‖ count as constants in backward: dm_j = Σ over rows of
/// dy_j·(x·V_jᵀ) / ‖V_j‖, and what reaches V's output j is m_j/‖V_j‖·dy_j.
class DoraAdapter : public Adapter {
 public:
  /// `magnitude` is m, (1, out).
  DoraAdapter(LoraParts parts, Matrix magnitude);

  /// A (rank, in), B (out, rank).
  DoraAdapter(Matrix A, Matrix B, Matrix magnitude, double scale, double dropout = 0);

  /// With each magnitude at the length of its row. Throws Error(input) if a row has length 0, and
  /// Error(usage) as LoraParts::drawn() does.
  static std::unique_ptr<Adapter> make(const AdapterOptions& options, const FrozenMatrix& weight,
                                       Rng& rng);

  bool draws() const override { return parts_.dropout.draws(); }
  void forward(const FrozenMatrix& W, const View& x, const View& z, MutableView y,
               Tape& tape) const override;
  std::optional<View> backward(const FrozenMatrix& W, const View& dy, MutableView* dx,
                               Tape& tape) override;
  DoubleMatrix delta(const FrozenMatrix& W, Index first, Index count) const override;
  std::optional<LoraFactors> converted() const override { return parts_.converted(); }
  void visit(const std::string& prefix, Visitor& visitor) override;

 private:
  void backward_dropped(const FrozenMatrix& W, const View& dy, MutableView scaled, MutableView* dx,
                        Tape& tape);

  LoraParts parts_;
  Parameter magnitude_;
};

}  // namespace lora
