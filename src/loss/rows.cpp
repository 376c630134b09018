#include "lora/loss/rows.h"

#include <algorithm>
#include <numeric>

namespace lora {

double total_weight(const Batch& batch) {
  if (batch.weights.empty()) return static_cast<double>(batch.size());
  return std::accumulate(batch.weights.begin(), batch.weights.end(), 0.0);
}

Index predicted_class(const View& output, Index row) {
  const Real* first = output.row(row).data();
  return std::max_element(first, first + output.cols()) - first;
}

}  // namespace lora
