// The element types of .npy files.
#pragma once

#include <string>
#include <string_view>

#include "lora/core/dtype.h"

namespace lora {

struct NpyDType {
  DType dtype;
  bool big_endian;  ///< false for types of one byte
};

/// Reads NumPy's '<f4', 'f4', '=i8', '|b1', 'float32', … `label` names the array in the sentence of
/// Error(input). Types that are no plain numbers (objects, text, complex, dates, long double,
/// opaque bytes) are refused with what to run in NumPy instead.
NpyDType parse_npy_dtype(std::string_view descr, const std::string& label);

/// Refuses an array of records, whose type is a list of fields.
[[noreturn]] void refuse_npy_records(const std::string& label);

}  // namespace lora
