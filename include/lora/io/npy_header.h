// The header of a .npy file: a Python dictionary with three keys.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lora {

struct NpyHeader {
  std::string descr;  ///< the type, for npy_dtype.h: '<f4' without the quotes, or a list of fields
  bool fortran_order;
  std::vector<std::uint64_t> shape;
};

/// Reads {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }: the keys in any order, any
/// white space, trailing commas, Python 2's long integers (2L). Nothing else is taken for Python,
/// nothing is evaluated. `label` names the array in the sentence of Error(input).
NpyHeader parse_npy_header(std::string_view text, const std::string& label);

}  // namespace lora
