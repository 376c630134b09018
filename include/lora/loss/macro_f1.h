// F1 over classes, each of which counts the same.
#pragma once

#include <memory>
#include <vector>

#include "lora/loss/class_figures.h"
#include "lora/loss/metric.h"

namespace lora {

/// The mean F1 of the classes that occur among labels or predictions, as scikit-learn's f1_score
/// with average='macro' and zero_division=0 takes them by default.
class MacroF1 : public Metric {
 public:
  explicit MacroF1(Index classes);
  static std::unique_ptr<Metric> make(Index outputs) { return std::make_unique<MacroF1>(outputs); }

  void add(const View& output, const Batch& batch) override;
  double result() const override;

  /// The F1 of each class; not a number for one that does not occur.
  std::vector<double> parts() const override;

 private:
  Index classes_;
};

}  // namespace lora
