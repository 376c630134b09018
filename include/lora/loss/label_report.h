// How well each label is told from the rest, for rows with any number of them.
#pragma once

#include <vector>

#include "lora/loss/class_figures.h"
#include "lora/loss/metric.h"

namespace lora {

/// Figures per label (output column), as scikit-learn's precision_recall_fscore_support has them
/// with average=None. Whether a row has a label is as LabelAccuracy takes it.
class LabelReport : public Metric {
 public:
  explicit LabelReport(Index labels);

  void add(const View& output, const Batch& batch) override;

  /// The mean of parts(), without labels that do not occur.
  double result() const override;

  /// The F1 of each label; not a number for one that does not occur.
  std::vector<double> parts() const override;

  std::vector<ClassFigures> figures() const;

 private:
  /// What sums_ holds for a label, in this order.
  enum Sum { kHits, kLabelled, kPredicted, kSums };

  Index labels_;
};

}  // namespace lora
