// Arrays of text in .npy files, as labels are often kept.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "lora/core/matrix.h"
#include "lora/io/npy_dtype.h"

namespace lora {

/// A list of texts as its file has it.
struct NpyTextArray {
  std::string path;  ///< for messages: the file, and the array in it if there are several
  NpyTextType type;
  Index rows;
  std::span<const std::byte> data;  ///< exactly what rows and type take; may be unaligned
};

/// Reads the bytes of a .npy file with an array (n,) or (n, 1) of text, NumPy's <U5, >U5 or |S5;
/// `data` of the result looks into `file`. `label` names the array in messages. Throws Error(input)
/// as parse_npy does, and for another type or shape.
NpyTextArray parse_npy_text(std::span<const std::byte> file, const std::string& label);

/// One element in UTF-8, without the zeros at its end. Throws Error(input) with the row if it is
/// not valid; std::logic_error if there is no such row.
std::string npy_text(const NpyTextArray& array, Index row);

}  // namespace lora
