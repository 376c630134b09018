// How the tensors of a layer are called in files, as PyTorch's state dict calls them.
#pragma once

#include <string>

namespace lora {

/// "head.weight" → "head"; a tensor named just "weight", or "" for an array without a name, is the
/// layer "linear"; any other name is its layer's.
std::string layer_path_of(const std::string& weight);

/// "head.weight" → "head.bias": the bias beside a weight.
std::string bias_beside(const std::string& weight);

}  // namespace lora
