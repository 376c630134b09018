#include "lora/loss/class_figures.h"

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

}  // namespace lora
