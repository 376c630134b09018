#include "lora/loss/class_figures.h"

#include <cmath>
#include <limits>

namespace lora {

ClassFigures figures_of(const ClassCounts& counts) {
  const auto [hits, labelled, predicted] = counts;
  if (!counts.occurs()) {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    return {kNone, kNone, kNone, labelled};
  }
  return {predicted > 0 ? hits / predicted : 0, labelled > 0 ? hits / labelled : 0,
          2 * hits / (labelled + predicted), labelled};
}

double mean_of_occurring(const std::vector<double>& scores) {
  double sum = 0;
  double occurring = 0;
  for (const double score : scores) {
    if (std::isnan(score)) continue;
    sum += score;
    ++occurring;
  }
  return sum / occurring;
}

}  // namespace lora
