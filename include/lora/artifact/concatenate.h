// Several adapters as one.
#pragma once

#include <string>
#include <vector>

#include "lora/artifact/merge.h"

namespace lora {

/// Writes one adapter of the sum of their ranks that adds what all of them add, to `directory`:
/// with the A one under another (Σ rank, in) and the weight·scale·B side by side (out, Σ rank), the
/// scale is 1 and B·A the sum of their weight·scale·B·A. Throws Error(input) if their layers differ
/// or one adds nothing, Error(usage) if one comes with biases or magnitudes (DoRA), Error(training)
/// for a number beyond float32, Error(output).
void concatenate_adapters(const std::vector<WeightedAdapter>& adapters,
                          const std::string& directory);

}  // namespace lora
