#include "lora/loss/accuracy.h"

#include <cstddef>

namespace lora {

void Accuracy::add(const View& output, const Batch& batch) {
  double& hits = sums_[0];
  double& rows = sums_[1];
  for (Index i = 0; i < output.rows(); ++i) {
    Index largest = 0;
    output.row(i).maxCoeff(&largest);
    if (largest == batch.labels[static_cast<std::size_t>(i)]) ++hits;
  }
  rows += static_cast<double>(output.rows());
}

double Accuracy::result() const {
  return sums_[0] / sums_[1];
}

}  // namespace lora
