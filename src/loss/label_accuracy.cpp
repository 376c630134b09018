#include "lora/loss/label_accuracy.h"

#include "lora/loss/rows.h"

namespace lora {

void LabelAccuracy::add(const View& output, const Batch& batch) {
  const View& targets = *batch.targets;
  for (Index i = 0; i < output.rows(); ++i) {
    Index hits = 0;
    for (Index j = 0; j < output.cols(); ++j) {
      if ((output(i, j) > 0) == has_label(targets(i, j))) ++hits;
    }
    sums_[0] += row_weight(batch, i) * static_cast<double>(hits);
  }
  sums_[1] += total_weight(batch) * static_cast<double>(output.cols());
}

double LabelAccuracy::result() const {
  return sums_[0] / sums_[1];
}

}  // namespace lora
