#include "lora/loss/rmse.h"

namespace lora {

std::unique_ptr<Metric> RootMeanSquaredError::make(Index outputs) {
  return std::make_unique<RootMeanSquaredError>(outputs);
}

}  // namespace lora
