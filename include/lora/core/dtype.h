// The element types of arrays in files, and the 16-bit floats that C++20 has no name for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lora {

enum class DType { f64, f32, f16, bf16, i64, i32, i16, i8, u64, u32, u16, u8, boolean };

/// Bytes of one element.
std::size_t size_of(DType dtype);

/// "float32", "int64", …: NumPy's and PyTorch's common name.
std::string_view name_of(DType dtype);

/// True for f64, f32, f16 and bf16.
bool is_floating(DType dtype);

/// IEEE 754 binary16 bits to float (exact).
float float_from_f16(std::uint16_t bits);

/// bfloat16 bits to float (exact): the upper half of a binary32.
float float_from_bf16(std::uint16_t bits);

/// The nearest number of the format, of two equally near ones the even; beyond the largest:
/// infinity.
std::uint16_t f16_from_double(double value);
std::uint16_t bf16_from_double(double value);

/// Significant bits of a floating type, the hidden one included: 53, 24, 11 or 8. Rounding to it is
/// off by at most 2^−bits times the number. Throws std::logic_error for types that are not
/// floating.
int precision_of(DType dtype);

}  // namespace lora
