// The header of a .npy file that is to be written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lora/core/dtype.h"

namespace lora {

/// Version 1.0, for little-endian data in C order behind it, padded to 128 bytes, which is enough
/// for two dimensions. As NumPy writes it. Throws std::logic_error for a type that NumPy has not.
std::string npy_header(DType dtype, const std::vector<std::uint64_t>& shape);

}  // namespace lora
