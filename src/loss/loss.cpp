#include "lora/loss/loss.h"

#include <array>

#include "lora/loss/cross_entropy.h"
#include "lora/loss/mse.h"

namespace lora {

namespace {

constexpr std::array kLosses = {
    LossKind{"mse", "mean squared error over rows and outputs", Task::regression,
             MeanSquaredError::make},
    LossKind{"cross_entropy", "cross-entropy of the softmax over the outputs", Task::classification,
             CrossEntropy::make},
};

}  // namespace

std::span<const LossKind> loss_kinds() {
  return kLosses;
}

}  // namespace lora
