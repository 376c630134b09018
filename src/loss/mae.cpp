#include "lora/loss/mae.h"

namespace lora {

std::unique_ptr<Metric> MeanAbsoluteError::make(Index outputs) {
  return std::make_unique<MeanAbsoluteError>(outputs);
}

}  // namespace lora
