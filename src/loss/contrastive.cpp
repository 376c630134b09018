#include "lora/loss/contrastive.h"

#include <algorithm>
#include <cmath>

#include "lora/core/error.h"
#include "lora/loss/rows.h"
#include "lora/ops/parallel.h"
#include "softmax.h"
#include "unit_rows.h"

namespace lora {

namespace {

using Window = Buffers<double>::Window;

/// Scores are cosines over the temperature. Each thread holds those of 256 rows at a time: all of
/// them at once would need memory for pairs².
class Scores {
 public:
  Scores(const View& output, const Batch& batch, double temperature, const Compute& compute,
         Buffers<double>& buffers)
      : compute_(&compute),
        temperature_(temperature),
        pairs_(output.rows() / 2),
        at_once_(std::min<Index>(compute.threads, block_count(pairs_))),
        queries_(output.topRows(pairs_), compute, buffers),
        documents_(output.bottomRows(pairs_), compute, buffers),
        weights_(buffers.take(1, pairs_)),
        log_totals_(buffers.take(1, pairs_)),
        own_derivatives_(buffers.take(1, pairs_)),
        block_losses_(buffers.take(1, block_count(pairs_))),
        scores_(buffers.take(at_once_ * std::min(kBlockRows, pairs_), pairs_)),
        d_units_(buffers.take(scores_.rows(), output.cols())) {
    for (Index i = 0; i < pairs_; ++i) weights_(0, i) = row_weight(batch, i);
  }

  /// As how many queries all of them count.
  double weight() const { return sum_in_order(weights_); }

  /// The weighted losses of all queries; puts their gradient by the queries into grad unless it is
  /// null.
  double losses(MutableView* grad) {
    for_blocks([&](Index first, MutableDoubleView scores, MutableDoubleView d_units) {
      multiply(queries_, documents_, first, scores);
      double sum = 0;
      for (Index i = 0; i < scores.rows(); ++i) sum += loss_of(first + i, scores.row(i).data());
      block_losses_(0, first / kBlockRows) = sum;
      if (grad == nullptr) return;
      d_units.noalias() = scores * documents_.units;
      carry_on(d_units, queries_, first, *grad);
    });
    return sum_in_order(block_losses_);
  }

  /// Puts the gradient by the documents into grad, after losses().
  void document_gradients(MutableView grad) {
    for_blocks([&](Index first, MutableDoubleView scores, MutableDoubleView d_units) {
      multiply(documents_, queries_, first, scores);
      for (Index j = 0; j < scores.rows(); ++j) differentiate(first + j, scores.row(j).data());
      d_units.noalias() = scores * queries_.units;
      carry_on(d_units, documents_, first, grad);
    });
  }

 private:
  struct Directions {
    Directions(const View& x, const Compute& compute, Buffers<double>& buffers)
        : units(buffers.take(x.rows(), x.cols())), norms(buffers.take(1, x.rows())) {
      unit_rows(x, units, norms, compute);
    }

    Window units;
    Window norms;
  };

  static double sum_in_order(const Window& values) {
    double sum = 0;
    for (Index i = 0; i < values.cols(); ++i) sum += values(0, i);
    return sum;
  }

  /// Calls block(first row, room for scores, room for the gradient by unit rows) for each block of
  /// rows, for one on each thread at a time.
  template <class Block>
  void for_blocks(const Block& block) {
    const Index blocks = block_count(pairs_);
    for (Index done = 0; done < blocks; done += at_once_) {
      const Index count = std::min(at_once_, blocks - done);
      const double work =
          static_cast<double>(count * kBlockRows) * static_cast<double>(queries_.units.size());
      for_each_block(*compute_, count, work, [&](Index i) {
        const Index first = (done + i) * kBlockRows;
        const Index rows = std::min(kBlockRows, pairs_ - first);
        block(first, scores_.middleRows(i * kBlockRows, rows),
              d_units_.middleRows(i * kBlockRows, rows));
      });
    }
  }

  /// The scores of some rows from `first` on, as many as there is room for, with all of the others.
  void multiply(const Directions& some, const Directions& others, Index first,
                MutableDoubleView& scores) const {
    scores.noalias() = some.units.middleRows(first, scores.rows()) * others.units.transpose();
    scores /= temperature_;
  }

  /// The weighted loss of a query, whose scores become the loss's derivatives.
  double loss_of(Index query, double* scores) {
    const double weight = weights_(0, query);
    const double own_score = scores[query];
    const double loss = softmax_loss(scores, pairs_, query, weight / temperature_, scores);
    log_totals_(0, query) = own_score + loss;
    own_derivatives_(0, query) = scores[query];
    return weight * loss;
  }

  /// The scores of a document become the derivatives of all queries' losses.
  void differentiate(Index document, double* scores) const {
    for (Index i = 0; i < pairs_; ++i) {
      const double probability = std::exp(scores[i] - log_totals_(0, i));
      scores[i] =
          i == document ? own_derivatives_(0, i) : weights_(0, i) / temperature_ * probability;
    }
  }

  /// From the gradient by unit rows, from `first` on, to that by the rows themselves: what points
  /// along a row only makes it longer.
  static void carry_on(const DoubleView& d_units, const Directions& rows, Index first,
                       MutableView grad) {
    for (Index i = 0; i < d_units.rows(); ++i) {
      const auto unit = rows.units.row(first + i);
      const double norm = rows.norms(0, first + i);
      const double along = norm < kLeastNorm ? 0 : unit.dot(d_units.row(i));
      grad.row(first + i) =
          ((d_units.row(i) - along * unit) / std::max(norm, kLeastNorm)).cast<Real>();
    }
  }

  const Compute* compute_;
  double temperature_;
  Index pairs_;
  Index at_once_;  ///< blocks
  Directions queries_;
  Directions documents_;

  // Of each query: as how many it counts, log Σ exp(score) over all documents, and the derivative
  // of its loss by the score of its own document.
  Window weights_;
  Window log_totals_;
  Window own_derivatives_;

  Window block_losses_;
  Window scores_;   // of the blocks that are worked on, one under the other
  Window d_units_;  // likewise
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
  buffers_.reset();
  Scores scores(output, batch, temperature_, compute, buffers_);
  if (grad == nullptr) return {scores.losses(nullptr), scores.weight()};
  const Index pairs = output.rows() / 2;
  MutableView of_queries = grad->topRows(pairs);
  const double sum = scores.losses(&of_queries);
  scores.document_gradients(grad->bottomRows(pairs));
  return {sum, scores.weight()};
}

}  // namespace lora
