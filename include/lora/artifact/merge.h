// Folding adapters into their base, and taking them out again.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lora/artifact/peft_adapter.h"

namespace lora {

/// An adapter, and by what its part is multiplied beside its own scale.
struct WeightedAdapter {
  const PeftAdapter* adapter;
  double weight = 1;
};

struct MergeRequest {
  std::string base;  ///< FILE or FILE:TENSOR: .safetensors, or .npy in this machine's byte order
  bool fan_in_fan_out = false;  ///< its weights are stored as (in, out)
  std::vector<WeightedAdapter> adapters;
  bool unmerge = false;  ///< take the adapters out of a base that has them in
  std::string output;
  std::function<void()> before_commit = [] {};  ///< what it throws leaves the output as it was
};

/// What the check of the written file has found.
struct MergeReport {
  std::vector<std::string> layers;
  double largest_difference = 0;  ///< between base + adapters and the merged file, on the probe
  double bound = 0;               ///< what rounding to the base's type allows there
};

/// Writes the base's file with W ± Σ weight·scale·B·A in place of W for each adapted layer, formed
/// in double and rounded once to W's own type, and with the biases that come with the adapter;
/// every other byte is the base's. The written file is opened again, and a probe batch goes through
/// base and adapters and through it: if they differ by more than that rounding allows, or if a
/// merged number is not finite, throws Error(training), and nothing is left. Throws Error(output)
/// if the file cannot be written or is read back with other biases, Error(input) for an adapter
/// that does not fit the base, Error(usage) for biases and magnitudes (DoRA) that cannot be added
/// up or taken out.
MergeReport merge_adapters(const MergeRequest& request);

}  // namespace lora
