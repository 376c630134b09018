#include "lora/nn/adapter.h"

#include <array>

#include "lora/nn/dense_adapter.h"
#include "lora/nn/dora_adapter.h"
#include "lora/nn/lora_adapter.h"

namespace lora {

namespace {

constexpr std::array kAdapters = {
    AdapterKind{"lora", "adds scale·x·Aᵀ·Bᵀ with factors of low rank, as PEFT", LoraAdapter::make},
    AdapterKind{"dora",
                "LoRA for the direction of each row of the weight, a magnitude for its "
                "length, as PEFT",
                DoraAdapter::make},
    AdapterKind{"dense", "trains a copy of the whole weight, as PyTorch's full fine-tuning",
                DenseAdapter::make},
};

}  // namespace

std::span<const AdapterKind> adapter_kinds() {
  return kAdapters;
}

}  // namespace lora
