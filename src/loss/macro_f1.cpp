#include "lora/loss/macro_f1.h"

#include <cstddef>

#include "lora/loss/rows.h"

namespace lora {

namespace {

/// What sums_ holds for a class, in this order.
enum Sum { kHits, kLabelled, kPredicted, kSums };

std::size_t at(Index label, Sum sum) {
  return static_cast<std::size_t>(label) * kSums + sum;
}

}  // namespace

MacroF1::MacroF1(Index classes)
    : Metric(kSums * static_cast<std::size_t>(classes)), classes_(classes) {}

void MacroF1::add(const View& output, const Batch& batch) {
  for (Index i = 0; i < output.rows(); ++i) {
    const double weight = row_weight(batch, i);
    const Index label = batch.labels[static_cast<std::size_t>(i)];
    const Index predicted = predicted_class(output, i);
    if (predicted == label) sums_[at(label, kHits)] += weight;
    sums_[at(label, kLabelled)] += weight;
    sums_[at(predicted, kPredicted)] += weight;
  }
}

double MacroF1::result() const {
  return mean_of_occurring(parts());
}

std::vector<double> MacroF1::parts() const {
  std::vector<double> scores;
  for (Index j = 0; j < classes_; ++j) {
    scores.push_back(
        figures_of({sums_[at(j, kHits)], sums_[at(j, kLabelled)], sums_[at(j, kPredicted)]}).f1);
  }
  return scores;
}

}  // namespace lora
