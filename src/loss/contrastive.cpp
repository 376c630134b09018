#include "lora/loss/contrastive.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "lora/core/error.h"
#include "lora/loss/rows.h"
#include "lora/ops/parallel.h"
#include "softmax.h"
#include "unit_rows.h"

namespace lora {

namespace {

std::size_t at(Index index) {
  return static_cast<std::size_t>(index);
}

struct Query {
  double weight = 0;
  double log_total = 0;       ///< log Σ exp(score) over all documents
  double own_derivative = 0;  ///< of its loss by the score of its own document
};

/// Scores are cosines over the temperature. Those of 256 rows are held at a time: all of them at
/// once would need memory for pairs².
class Scores {
 public:
  Scores(const View& output, const Batch& batch, double temperature, const Compute& compute)
      : compute_(&compute),
        temperature_(temperature),
        pairs_(output.rows() / 2),
        queries_(unit_rows(output.topRows(pairs_), compute)),
        documents_(unit_rows(output.bottomRows(pairs_), compute)),
        of_query_(at(pairs_)) {
    for (Index i = 0; i < pairs_; ++i) of_query_[at(i)].weight = row_weight(batch, i);
  }

  /// As how many queries all of them count.
  double weight() const {
    double sum = 0;
    for (const Query& query : of_query_) sum += query.weight;
    return sum;
  }

  /// The weighted losses of all queries; puts their gradient by the queries into grad unless it is
  /// null.
  double losses(MutableView* grad) {
    return sum_over_blocks(*compute_, block_count(pairs_), work(), [&](Index block) {
      const Index first = block * kBlockRows;
      DoubleMatrix scores = scores_of(queries_, documents_, first);
      double sum = 0;
      for (Index i = 0; i < scores.rows(); ++i) sum += loss_of(first + i, scores.row(i).data());
      if (grad != nullptr) carry_on(scores * documents_.rows, queries_, first, *grad);
      return sum;
    });
  }

  /// Puts the gradient by the documents into grad, after losses().
  void document_gradients(MutableView grad) const {
    for_each_block(*compute_, block_count(pairs_), work(), [&](Index block) {
      const Index first = block * kBlockRows;
      DoubleMatrix scores = scores_of(documents_, queries_, first);
      for (Index j = 0; j < scores.rows(); ++j) differentiate(first + j, scores.row(j).data());
      carry_on(scores * queries_.rows, documents_, first, grad);
    });
  }

 private:
  double work() const {
    return static_cast<double>(pairs_) * static_cast<double>(queries_.rows.size());
  }

  /// Those of up to 256 rows of `some` from `first` on with all of the others.
  DoubleMatrix scores_of(const UnitRows& some, const UnitRows& others, Index first) const {
    const Index count = std::min(kBlockRows, pairs_ - first);
    return some.rows.middleRows(first, count) * others.rows.transpose() / temperature_;
  }

  /// The weighted loss of a query, whose scores become the loss's derivatives.
  double loss_of(Index query, double* scores) {
    Query& of = of_query_[at(query)];
    const double own_score = scores[query];
    const double loss = softmax_loss(scores, pairs_, query, of.weight / temperature_, scores);
    of.log_total = own_score + loss;
    of.own_derivative = scores[query];
    return of.weight * loss;
  }

  /// The scores of a document become the derivatives of all queries' losses.
  void differentiate(Index document, double* scores) const {
    for (Index i = 0; i < pairs_; ++i) {
      const Query& of = of_query_[at(i)];
      const double probability = std::exp(scores[i] - of.log_total);
      scores[i] = i == document ? of.own_derivative : of.weight / temperature_ * probability;
    }
  }

  /// From the gradient by unit rows, from `first` on, to that by the rows themselves: what points
  /// along a row only makes it longer.
  static void carry_on(const DoubleMatrix& d_units, const UnitRows& units, Index first,
                       MutableView grad) {
    for (Index i = 0; i < d_units.rows(); ++i) {
      const auto unit = units.rows.row(first + i);
      const double norm = units.norms[at(first + i)];
      const double along = norm < kLeastNorm ? 0 : unit.dot(d_units.row(i));
      grad.row(first + i) =
          ((d_units.row(i) - along * unit) / std::max(norm, kLeastNorm)).cast<Real>();
    }
  }

  const Compute* compute_;
  double temperature_;
  Index pairs_;
  UnitRows queries_;
  UnitRows documents_;
  std::vector<Query> of_query_;
};

}  // namespace

Contrastive::Contrastive(double temperature) : temperature_(temperature) {
  if (std::isfinite(temperature) && temperature > 0) return;
  throw Error(ErrorKind::usage, "the temperature is ", temperature,
              "; it must be a finite number above 0");
}

LossSum Contrastive::evaluate(const View& output, const Batch& batch, MutableView* grad,
                              const Compute& compute) const {
  if (output.rows() % 2 != 0) {
    throw Error(ErrorKind::usage, output.rows(),
                " rows are no pairs; the contrastive loss needs as many documents as queries");
  }
  Scores scores(output, batch, temperature_, compute);
  if (grad == nullptr) return {scores.losses(nullptr), scores.weight()};
  const Index pairs = output.rows() / 2;
  MutableView of_queries = grad->topRows(pairs);
  const double sum = scores.losses(&of_queries);
  scores.document_gradients(grad->bottomRows(pairs));
  return {sum, scores.weight()};
}

}  // namespace lora
