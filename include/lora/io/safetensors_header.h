// The JSON header of a safetensors file, checked for form only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lora/io/safetensors_dtype.h"

namespace lora {

inline constexpr std::size_t kLongestSafetensorsHeader = 100'000'000;  ///< the format's own limit

struct SafetensorsHeader {
  struct Tensor {
    std::string name;
    const SafetensorsDType* dtype = nullptr;
    std::vector<std::uint64_t> shape;
    std::uint64_t begin = 0;  ///< in bytes from the start of the data
    std::uint64_t end = 0;    ///< exclusive
  };

  std::vector<Tensor> tensors;  ///< in the order of the header
  std::map<std::string, std::string> metadata;
};

/// Reads {"name": {"dtype": …, "shape": […], "data_offsets": [begin, end]}, …, "__metadata__":
/// {…}}. Unknown fields of a tensor are passed over, however deep they nest. `path` is for the
/// sentence of Error(input), which is thrown for what is not UTF-8, not JSON, not of these types,
/// for an unknown dtype, a missing field, and a key that comes twice. Whether offsets and shapes
/// fit is not looked at.
SafetensorsHeader parse_safetensors_header(std::string_view json, const std::string& path);

}  // namespace lora
