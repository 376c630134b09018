#include "lora/core/dtype.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <stdexcept>

#include <Eigen/Core>

namespace lora {

namespace {

struct DTypeInfo {
  DType dtype;
  std::size_t size;
  std::string_view name;
};

constexpr std::array kDTypes = {
    DTypeInfo{DType::f64, 8, "float64"},     DTypeInfo{DType::f32, 4, "float32"},
    DTypeInfo{DType::f16, 2, "float16"},     DTypeInfo{DType::bf16, 2, "bfloat16"},
    DTypeInfo{DType::i64, 8, "int64"},       DTypeInfo{DType::i32, 4, "int32"},
    DTypeInfo{DType::i16, 2, "int16"},       DTypeInfo{DType::i8, 1, "int8"},
    DTypeInfo{DType::u64, 8, "uint64"},      DTypeInfo{DType::u32, 4, "uint32"},
    DTypeInfo{DType::u16, 2, "uint16"},      DTypeInfo{DType::u8, 1, "uint8"},
    DTypeInfo{DType::boolean, 1, "boolean"},
};

constexpr const DTypeInfo& info_of(DType dtype) {
  return kDTypes[static_cast<std::size_t>(dtype)];
}

constexpr bool table_follows_enum() {
  for (std::size_t i = 0; i < kDTypes.size(); ++i) {
    if (kDTypes[i].dtype != static_cast<DType>(i)) return false;
  }
  return true;
}
static_assert(table_follows_enum());

/// A format of one sign bit, `exponent_bits` and `fraction_bits`. The significand is counted in
/// units of the last place; added to the exponent's field it carries over by itself.
std::uint16_t round_to_16_bits(double value, int exponent_bits, int fraction_bits) {
  const unsigned sign = std::signbit(value) ? 0x8000U : 0U;
  const unsigned infinity = ((1U << exponent_bits) - 1) << fraction_bits;
  if (std::isnan(value)) return static_cast<std::uint16_t>(infinity | 1U << (fraction_bits - 1));
  const double size = std::abs(value);
  const int least = 2 - (1 << (exponent_bits - 1));  // exponent of the smallest normal number
  const int exponent = size == 0 ? least : std::max(std::ilogb(size), least);
  if (exponent >= 1 << (exponent_bits - 1)) return static_cast<std::uint16_t>(sign | infinity);
  const double units = std::nearbyint(std::ldexp(size, fraction_bits - exponent));
  const unsigned bits =
      (static_cast<unsigned>(exponent - least) << fraction_bits) + static_cast<unsigned>(units);
  return static_cast<std::uint16_t>(sign | std::min(bits, infinity));
}

}  // namespace

std::size_t size_of(DType dtype) {
  return info_of(dtype).size;
}

std::string_view name_of(DType dtype) {
  return info_of(dtype).name;
}

bool is_floating(DType dtype) {
  return dtype == DType::f64 || dtype == DType::f32 || dtype == DType::f16 || dtype == DType::bf16;
}

float float_from_f16(std::uint16_t bits) {
  return Eigen::half_impl::half_to_float(Eigen::half_impl::raw_uint16_to_half(bits));
}

float float_from_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

std::uint16_t f16_from_double(double value) {
  return round_to_16_bits(value, 5, 10);
}

std::uint16_t bf16_from_double(double value) {
  return round_to_16_bits(value, 8, 7);
}

int precision_of(DType dtype) {
  switch (dtype) {
    case DType::f64:
      return 53;
    case DType::f32:
      return 24;
    case DType::f16:
      return 11;
    case DType::bf16:
      return 8;
    default:
      throw std::logic_error("precision_of: no floating type");
  }
}

}  // namespace lora
