// The element types of safetensors files.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lora/core/dtype.h"

namespace lora {

struct SafetensorsDType {
  std::string_view name;
  std::uint64_t bits;          ///< of one element
  std::optional<DType> dtype;  ///< nothing for those that this program only knows by size
  int rank;                    ///< the format's writers put tensors of a higher rank first
};

/// The type of that name (case matters), or null.
const SafetensorsDType* find_safetensors_dtype(std::string_view name);

/// Throws std::logic_error for a type that the format has no name for.
const SafetensorsDType& safetensors_dtype(DType dtype);

}  // namespace lora
