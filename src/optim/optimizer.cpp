#include "lora/optim/optimizer.h"

#include <array>

#include "lora/optim/adam.h"

namespace lora {

namespace {

constexpr std::array kOptimizers = {
    OptimizerKind{"adam", "Adam as torch.optim.Adam: beta1 0.9, beta2 0.999, eps 1e-8", Adam::make},
};

}  // namespace

std::span<const OptimizerKind> optimizer_kinds() {
  return kOptimizers;
}

}  // namespace lora
