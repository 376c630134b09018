#include "lora/core/dtype.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include "support/catch.h"

using namespace lora;

namespace {

/// A binary float by its definition: one sign bit, `exponent_bits`, `fraction_bits`.
double by_definition(unsigned bits, int exponent_bits, int fraction_bits) {
  const unsigned fraction = bits & ((1U << fraction_bits) - 1);
  const unsigned exponent = bits >> fraction_bits & ((1U << exponent_bits) - 1);
  const double sign = (bits >> (exponent_bits + fraction_bits)) != 0 ? -1 : 1;
  const int bias = (1 << (exponent_bits - 1)) - 1;
  if (exponent == (1U << exponent_bits) - 1) {
    return fraction == 0 ? sign * HUGE_VAL : std::numeric_limits<double>::quiet_NaN();
  }
  const unsigned leading = exponent == 0 ? 0 : 1;  // subnormal numbers have none
  const double mantissa = fraction + std::ldexp(leading, fraction_bits);
  const int power = static_cast<int>(exponent == 0 ? 1 : exponent) - bias - fraction_bits;
  return sign * std::ldexp(mantissa, power);
}

/// How many of all 16-bit patterns are converted to another number than `expected` says.
template <class Convert, class Expected>
int wrong_patterns(const Convert& convert, const Expected& expected) {
  int wrong = 0;
  for (unsigned bits = 0; bits < 0x10000U; ++bits) {
    const double actual = convert(static_cast<std::uint16_t>(bits));
    const double wanted = expected(bits);
    const bool same = std::isnan(wanted)
                          ? std::isnan(actual)
                          : actual == wanted && std::signbit(actual) == std::signbit(wanted);
    if (!same) ++wrong;
  }
  return wrong;
}

}  // namespace

TEST_CASE("all 65536 patterns of a binary16 are the numbers of its definition", "[core][dtype]") {
  CHECK(wrong_patterns(float_from_f16, [](unsigned bits) { return by_definition(bits, 5, 10); }) ==
        0);
}

TEST_CASE("all 65536 patterns of a bfloat16 are the numbers of its definition", "[core][dtype]") {
  CHECK(wrong_patterns(float_from_bf16, [](unsigned bits) { return by_definition(bits, 8, 7); }) ==
        0);
}

TEST_CASE("every element type has its size and name", "[core][dtype]") {
  struct Row {
    DType dtype;
    std::size_t size;
    const char* name;
    bool floating;
  };
  const Row rows[] = {
      {DType::f64, 8, "float64", true},      {DType::f32, 4, "float32", true},
      {DType::f16, 2, "float16", true},      {DType::bf16, 2, "bfloat16", true},
      {DType::i64, 8, "int64", false},       {DType::i32, 4, "int32", false},
      {DType::i16, 2, "int16", false},       {DType::i8, 1, "int8", false},
      {DType::u64, 8, "uint64", false},      {DType::u32, 4, "uint32", false},
      {DType::u16, 2, "uint16", false},      {DType::u8, 1, "uint8", false},
      {DType::boolean, 1, "boolean", false},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    CHECK(size_of(row.dtype) == row.size);
    CHECK(name_of(row.dtype) == row.name);
    CHECK(is_floating(row.dtype) == row.floating);
  }
}

TEST_CASE("every 16-bit number is rounded to itself, and what lies between to the nearest",
          "[core][dtype]") {
  struct Format {
    std::uint16_t (*round)(double);
    float (*value)(std::uint16_t);
    unsigned infinity;
  };
  for (const Format& format : {Format{f16_from_double, float_from_f16, 0x7C00U},
                               Format{bf16_from_double, float_from_bf16, 0x7F80U}}) {
    int wrong = 0;
    for (unsigned bits = 0; bits < format.infinity; ++bits) {
      const auto here = static_cast<std::uint16_t>(bits);
      const double value = format.value(here);
      const double next = bits + 1 == format.infinity
                              ? 2 * value - format.value(static_cast<std::uint16_t>(bits - 1))
                              : format.value(static_cast<std::uint16_t>(bits + 1));
      const double middle = (value + next) / 2;
      const unsigned even = bits % 2 == 0 ? bits : bits + 1;
      if (format.round(value) != here) ++wrong;
      if (format.round(-value) != (here | 0x8000U)) ++wrong;
      if (format.round(middle) != even) ++wrong;
      if (format.round(std::nextafter(middle, 0)) != here) ++wrong;
      if (format.round(std::nextafter(middle, HUGE_VAL)) != bits + 1) ++wrong;
    }
    CHECK(wrong == 0);
    CHECK(format.round(1e300) == format.infinity);
    CHECK(format.round(HUGE_VAL) == format.infinity);
    CHECK(std::isnan(format.value(format.round(std::nan("")))));
  }
}
