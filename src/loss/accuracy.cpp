#include "lora/loss/accuracy.h"

#include <cstddef>

#include "lora/loss/rows.h"

namespace lora {

void Accuracy::add(const View& output, const Batch& batch) {
  double& hits = sums_[0];
  for (Index i = 0; i < output.rows(); ++i) {
    const Index label = batch.labels[static_cast<std::size_t>(i)];
    if (predicted_class(output, i) == label) hits += row_weight(batch, i);
  }
  sums_[1] += total_weight(batch);
}

double Accuracy::result() const {
  return sums_[0] / sums_[1];
}

}  // namespace lora
