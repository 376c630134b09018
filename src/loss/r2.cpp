#include "lora/loss/r2.h"

namespace lora {

std::unique_ptr<Metric> R2Score::make(Index outputs) {
  return std::make_unique<R2Score>(outputs);
}

}  // namespace lora
