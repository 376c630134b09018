#include "lora/loss/label_report.h"

#include <cstddef>

#include "lora/loss/rows.h"

namespace lora {

LabelReport::LabelReport(Index labels)
    : Metric(kSums * static_cast<std::size_t>(labels)), labels_(labels) {}

void LabelReport::add(const View& output, const Batch& batch) {
  for (Index i = 0; i < output.rows(); ++i) {
    const double weight = row_weight(batch, i);
    double* sums = sums_.data();
    for (Index j = 0; j < labels_; ++j, sums += kSums) {
      const bool labelled = has_label((*batch.targets)(i, j));
      const bool predicted = output(i, j) > 0;
      if (labelled && predicted) sums[kHits] += weight;
      if (labelled) sums[kLabelled] += weight;
      if (predicted) sums[kPredicted] += weight;
    }
  }
}

double LabelReport::result() const {
  return mean_of_occurring(parts());
}

std::vector<double> LabelReport::parts() const {
  std::vector<double> scores;
  for (const ClassFigures& of_label : figures()) scores.push_back(of_label.f1);
  return scores;
}

std::vector<ClassFigures> LabelReport::figures() const {
  std::vector<ClassFigures> figures;
  for (std::size_t sum = 0; sum < sums_.size(); sum += kSums) {
    figures.push_back(
        figures_of({sums_[sum + kHits], sums_[sum + kLabelled], sums_[sum + kPredicted]}));
  }
  return figures;
}

}  // namespace lora
