// Which classes are taken for which.
#pragma once

#include <vector>

#include "lora/loss/class_figures.h"
#include "lora/loss/metric.h"

namespace lora {

/// Counts of rows by label and prediction (of equal outputs the first is the largest). As a metric
/// it is the accuracy, and its parts are the F1 of each class.
class Confusion : public Metric {
 public:
  /// A table of classes², for fits(classes).
  explicit Confusion(Index classes);

  /// True for up to 512 classes: 2 MiB.
  static bool fits(Index classes) { return classes <= 512; }

  void add(const View& output, const Batch& batch) override;
  double result() const override;
  std::vector<double> parts() const override;

  Index classes() const { return classes_; }

  /// Rows, as often as they count.
  double count(Index label, Index predicted) const;
  std::vector<ClassFigures> figures() const;

 private:
  std::size_t at(Index label, Index predicted) const;

  Index classes_;
};

}  // namespace lora
