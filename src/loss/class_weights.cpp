#include "lora/loss/class_weights.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace lora {

std::vector<double> balanced_class_weights(std::span<const std::int32_t> labels,
                                           std::span<const Real> row_weights, Index classes,
                                           Group& group) {
  std::vector<double> counts(static_cast<std::size_t>(classes), 0.0);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    counts[static_cast<std::size_t>(labels[i])] +=
        row_weights.empty() ? 1.0 : static_cast<double>(row_weights[i]);
  }
  group.sum_wide(counts);
  const double rows = std::accumulate(counts.begin(), counts.end(), 0.0);
  const auto occurring = std::ranges::count_if(counts, [](double count) { return count > 0; });
  std::vector<double> weights(counts.size(), 1.0);
  for (std::size_t j = 0; j < counts.size(); ++j) {
    if (counts[j] > 0) weights[j] = rows / (static_cast<double>(occurring) * counts[j]);
  }
  return weights;
}

}  // namespace lora
