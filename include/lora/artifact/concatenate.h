// Several adapters as one.
#pragma once

#include <string>
#include <vector>

#include "lora/artifact/merge.h"

namespace lora {

/// Writes one adapter of the sum of their ranks that adds what all of them add, to `directory`.
/// Throws Error(input) if their layers differ, Error(usage) if one comes with biases or
/// magnitudes (DoRA).
void concatenate_adapters(const std::vector<WeightedAdapter>& adapters,
                          const std::string& directory);

}  // namespace lora
