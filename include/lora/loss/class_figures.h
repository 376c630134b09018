// How well one class is told from the others.
#pragma once

namespace lora {

/// Rows, as often as they count.
struct ClassCounts {
  double hits = 0;       ///< whose label and prediction it is
  double labelled = 0;   ///< whose label it is
  double predicted = 0;  ///< whose prediction it is

  bool occurs() const { return labelled + predicted > 0; }
};

struct ClassFigures {
  double precision;  ///< hits / predicted
  double recall;     ///< hits / labelled
  double f1;         ///< their harmonic mean
  double support;    ///< labelled
};

/// 0/0 makes 0, as zero_division=0 in scikit-learn. All but the support of a class that does not
/// occur are not numbers.
ClassFigures figures_of(const ClassCounts& counts);

}  // namespace lora
