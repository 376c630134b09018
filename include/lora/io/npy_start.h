// What comes before the data of a .npy file, and whether the data is as long as it says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "lora/io/npy_header.h"

namespace lora {

inline constexpr std::size_t kLongestNpyHeader = 10'000;  ///< NumPy's own limit

/// As many bytes as can come before the data.
inline constexpr std::size_t kLongestNpyStart = 12 + kLongestNpyHeader;

/// Whether a file that starts so is a .npy file, perhaps a broken one.
bool is_npy(std::span<const std::byte> start);

struct NpyStart {
  NpyHeader header;
  std::size_t size;  ///< of everything before the data
};

/// Reads the start of a file of `file_size` bytes, of version 1.0, 2.0 or 3.0. `start` has at least
/// the first kLongestNpyStart of them, or all. `label` names the array in the sentence of
/// Error(input).
NpyStart parse_npy_start(std::span<const std::byte> start, std::uint64_t file_size,
                         const std::string& label);

/// Refuses a file whose data is shorter or longer than shape and type take. The data of types
/// without an npy_element_size is taken as it is.
void check_npy_size(const NpyStart& start, std::uint64_t file_size, const std::string& label);

}  // namespace lora
