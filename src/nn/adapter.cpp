#include "lora/nn/adapter.h"

#include <array>

#include "lora/nn/lora_adapter.h"

namespace lora {

namespace {

constexpr std::array kAdapters = {
    AdapterKind{"lora", "adds scale·x·Aᵀ·Bᵀ with factors of low rank", LoraAdapter::make},
};

}  // namespace

std::span<const AdapterKind> adapter_kinds() {
  return kAdapters;
}

}  // namespace lora
