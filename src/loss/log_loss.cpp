#include "lora/loss/log_loss.h"

#include <cstddef>

#include "lora/loss/cross_entropy.h"
#include "lora/loss/rows.h"

namespace lora {

void LogLoss::add(const View& output, const Batch& batch) {
  double& losses = sums_[0];
  for (Index i = 0; i < output.rows(); ++i) {
    const Index label = batch.labels[static_cast<std::size_t>(i)];
    losses +=
        row_weight(batch, i) * negative_log_likelihood(output.row(i).data(), output.cols(), label);
  }
  sums_[1] += total_weight(batch);
}

double LogLoss::result() const {
  return sums_[0] / sums_[1];
}

}  // namespace lora
