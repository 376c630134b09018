// A frozen weight, and its bias, in a file of arrays.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "lora/core/frozen_matrix.h"
#include "lora/core/matrix.h"
#include "lora/io/mapped_file.h"
#include "lora/io/safetensors.h"

namespace lora {

/// A weight that looks into its file, which is kept mapped as long as this lives.
struct FrozenWeight {
  std::string file;
  std::string tensor;          ///< its name in the file; empty in a .npy
  std::string path;            ///< the layer's: the name without ".weight", or "linear"
  FrozenMatrix weight;         ///< (out, in)
  std::optional<Matrix> bias;  ///< (1, out), if the file has one under the layer's path
  std::shared_ptr<const MappedFile> mapping;  ///< of the file; null if the weight does not need it
};

/// Opens FILE or FILE:TENSOR: a tensor of a .safetensors file (its only matrix, if none is named)
/// or an array of a .npy or .npz file, stored as `layout` says. Throws Error(input) with what is
/// wrong, where, and which tensors would fit.
FrozenWeight read_frozen_weight(const std::string& file_and_tensor, Layout layout = Layout::out_in);

/// A tensor of an opened file, with the bias beside it. Throws Error(input) if it is no matrix of a
/// floating type, or if its bias has another size.
FrozenWeight frozen_weight_of(const std::shared_ptr<const SafetensorsFile>& file,
                              const SafetensorsEntry& entry, Layout layout);

}  // namespace lora
