// The squared error of a whole data set, without a look at its rows.
#pragma once

#include "lora/nn/low_rank.h"
#include "lora/train/gram_sums.h"
#include "lora/train/objective.h"

namespace lora {

/// mse over all rows at once for factors A (r, in) and B (out, r) under a scale s, from GramSums.
/// With D = s·B·A, the error is X·Dᵀ − T. Multiplied out, ‖X·Dᵀ − T‖² and its derivatives are
///     loss  = tr(D XᵀX Dᵀ) − 2 tr(D XᵀT) + Σ T²
///     dB    = 2 s (s B A XᵀX Aᵀ − (A XᵀT)ᵀ)          dA = 2 s (s BᵀB A XᵀX − (XᵀT B)ᵀ)
/// in double from the factors as they are: an epoch costs r·in·(in + 2·out), however many rows
/// there are.
class GramObjective : public Objective {
 public:
  /// Validation, and the search for a row that is at fault, are `rows`' matter. The sums may be
  /// shared; `factors` are those of the layer that they leave to explain.
  GramObjective(LowRank& factors, const GramSums& sums, Index row_count, ModelObjective& rows,
                Compute& compute);

  LossSum evaluate(const Batch& batch, Tape& tape, Metrics metrics) override;
  bool is_of_all_processes() const override { return true; }
  Index first_bad_row(const Batch& batch, Tape& tape) override {
    return rows_->first_bad_row(batch, tape);
  }

  /// Whether it is the cheaper way over a whole run: a function of the shapes and the number of
  /// epochs alone.
  static bool pays(Index rows, Index in, Index out, Index rank, Index epochs);

  /// Bytes of the sums.
  static double memory(Index in, Index out);

 private:
  void multiply();
  void add_gradients();

  LowRank* factors_;
  const GramSums* sums_;
  double weight_;
  ModelObjective* rows_;
  Compute* compute_;
  DoubleMatrix A_;            // (r, in)
  DoubleMatrix At_;           // (in, r)
  DoubleMatrix Bt_;           // (r, out)
  DoubleMatrix GAt_;          // XᵀX·Aᵀ
  DoubleMatrix CB_;           // XᵀT·B
  DoubleMatrix AC_;           // A·XᵀT
  DoubleMatrix AC_of_block_;  // its parts, one under the other
  DoubleMatrix AGAt_;         // A·XᵀX·Aᵀ
  DoubleMatrix BtB_;          // BᵀB
  DoubleMatrix dAt_;          // (in, r)
  DoubleMatrix dBt_;          // (r, out)
};

}  // namespace lora
