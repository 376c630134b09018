// How well one class is told from the others.
#pragma once

#include <vector>

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

/// The mean of scores, without those of classes that do not occur, which are not numbers.
double mean_of_occurring(const std::vector<double>& scores);

}  // namespace lora
