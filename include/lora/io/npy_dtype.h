// The element types of .npy files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lora/core/dtype.h"

namespace lora {

struct NpyDType {
  DType dtype;
  bool big_endian;  ///< false for types of one byte
};

/// Text of one width, padded with zeros at its end.
struct NpyTextType {
  bool wide;            ///< code points of four bytes ('U'); else UTF-8 or ASCII ('S')
  bool big_endian;      ///< of each code point; false if they are bytes
  std::uint64_t width;  ///< code points or bytes of an element; at least 1, less than 2^29
};

// `descr` is what a header says: NumPy's '<f4', 'f4', '=i8', '|b1', 'float32', …, or the list of a
// record's fields, [('x', '<f4'), …]. `label` names the array in the sentence of Error(input).

/// The type as plain numbers or booleans. Types that are none (objects, text, complex, dates, long
/// double, opaque bytes, records) are refused with what to run in NumPy instead.
NpyDType parse_npy_dtype(std::string_view descr, const std::string& label);

/// The type as text; any other is refused.
NpyTextType parse_npy_text_type(std::string_view descr, const std::string& label);

/// The same, or nothing instead of a refusal.
std::optional<NpyDType> find_npy_dtype(std::string_view descr);
std::optional<NpyTextType> find_npy_text_type(std::string_view descr);

/// Bytes of one element of numbers, booleans or text; nothing for other types.
std::optional<std::uint64_t> npy_element_size(std::string_view descr);

/// For a listing, of any type: "float32", "bool", "text <U5", "object", "records", …
std::string npy_dtype_name(std::string_view descr);

}  // namespace lora
