// The linear layers of a torch.nn.Sequential, as its state dict names them: "0.weight", "2.weight",
// …
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lora/io/weight_file.h"

namespace lora {

/// Layers in the order in which they are applied: that of the numbers in their names.
struct FrozenStack {
  std::string file;
  std::vector<FrozenWeight> layers;

  /// For each layer but the last, whether a number is left out behind it: there stood something
  /// without weights, an activation.
  std::vector<bool> gaps;

  /// What the file's metadata say under "activation"; empty if they say nothing.
  std::string activation;
};

/// The stack in FILE, a .safetensors file, if all of its matrices are called [PREFIX.]N.weight and
/// are two or more; or in FILE:PREFIX, if that is no tensor but the prefix of some such. Nothing if
/// it is no stack. Throws Error(input) for one with other layers than linear ones in it, with what
/// they are called.
std::optional<FrozenStack> read_frozen_stack(const std::string& file_and_prefix, Layout layout);

}  // namespace lora
