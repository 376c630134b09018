// How hard it is to tell a query's document from the others, as sentence-transformers'
// MultipleNegativesRankingLoss with a scale of 1/temperature.
#pragma once

#include <memory>

#include "lora/core/buffers.h"
#include "lora/loss/loss.h"

namespace lora {

/// A batch of B pairs is 2B rows, the queries q first, then their documents d in the same order.
/// Of query i: −log softmax over all documents j of cos(q_i, d_j) / temperature, at j = i; a vector
/// shorter than 1e-12 is divided by that. With the weights w of the query rows (1 if there are
/// none; those of document rows do not count) the sum is that of w · loss, weight = Σ w. The
/// document of a query of weight 0 is still one that the others are told from.
class Contrastive : public Loss {
 public:
  /// Throws Error(usage) unless the temperature is a finite number above 0.
  explicit Contrastive(double temperature);
  static std::unique_ptr<Loss> make(const LossOptions& options) {
    return std::make_unique<Contrastive>(options.temperature);
  }

  /// Throws Error(usage) for an odd number of rows. Not on two threads at once: it keeps its memory
  /// for the next call.
  LossSum evaluate(const View& output, const Batch& batch, MutableView* grad,
                   const Compute& compute) const override;
  bool compares_rows() const override { return true; }

 private:
  double temperature_;
  mutable Buffers<double> buffers_;
};

}  // namespace lora
