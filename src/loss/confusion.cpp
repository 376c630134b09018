#include "lora/loss/confusion.h"

#include <cstddef>
#include <numeric>

#include "lora/loss/rows.h"

namespace lora {

Confusion::Confusion(Index classes)
    : Metric(static_cast<std::size_t>(classes * classes)), classes_(classes) {}

std::size_t Confusion::at(Index label, Index predicted) const {
  return static_cast<std::size_t>(label * classes_ + predicted);
}

void Confusion::add(const View& output, const Batch& batch) {
  for (Index i = 0; i < output.rows(); ++i) {
    const Index label = batch.labels[static_cast<std::size_t>(i)];
    sums_[at(label, predicted_class(output, i))] += row_weight(batch, i);
  }
}

double Confusion::result() const {
  double hits = 0;
  for (Index j = 0; j < classes_; ++j) hits += count(j, j);
  return hits / std::accumulate(sums_.begin(), sums_.end(), 0.0);
}

std::vector<double> Confusion::parts() const {
  std::vector<double> scores;
  for (const ClassFigures& of_class : figures()) scores.push_back(of_class.f1);
  return scores;
}

double Confusion::count(Index label, Index predicted) const {
  return sums_[at(label, predicted)];
}

std::vector<ClassFigures> Confusion::figures() const {
  std::vector<ClassCounts> counts(static_cast<std::size_t>(classes_));
  for (Index label = 0; label < classes_; ++label) {
    for (Index predicted = 0; predicted < classes_; ++predicted) {
      const double rows = count(label, predicted);
      ClassCounts& of_label = counts[static_cast<std::size_t>(label)];
      of_label.labelled += rows;
      if (predicted == label) of_label.hits = rows;
      counts[static_cast<std::size_t>(predicted)].predicted += rows;
    }
  }
  std::vector<ClassFigures> figures;
  figures.reserve(counts.size());
  for (const ClassCounts& of_class : counts) figures.push_back(figures_of(of_class));
  return figures;
}

}  // namespace lora
