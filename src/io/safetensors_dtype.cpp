#include "lora/io/safetensors_dtype.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace lora {

namespace {

constexpr auto kUnsupported = std::nullopt;

constexpr std::array kDTypes = {
    SafetensorsDType{"BOOL", 8, DType::boolean, 0},
    SafetensorsDType{"F4", 4, kUnsupported, 1},
    SafetensorsDType{"F6_E2M3", 6, kUnsupported, 2},
    SafetensorsDType{"F6_E3M2", 6, kUnsupported, 3},
    SafetensorsDType{"U8", 8, DType::u8, 4},
    SafetensorsDType{"I8", 8, DType::i8, 5},
    SafetensorsDType{"F8_E5M2", 8, kUnsupported, 6},
    SafetensorsDType{"F8_E4M3", 8, kUnsupported, 7},
    SafetensorsDType{"F8_E8M0", 8, kUnsupported, 8},
    SafetensorsDType{"F8_E4M3FNUZ", 8, kUnsupported, 9},
    SafetensorsDType{"F8_E5M2FNUZ", 8, kUnsupported, 10},
    SafetensorsDType{"I16", 16, DType::i16, 11},
    SafetensorsDType{"U16", 16, DType::u16, 12},
    SafetensorsDType{"F16", 16, DType::f16, 13},
    SafetensorsDType{"BF16", 16, DType::bf16, 14},
    SafetensorsDType{"I32", 32, DType::i32, 15},
    SafetensorsDType{"U32", 32, DType::u32, 16},
    SafetensorsDType{"F32", 32, DType::f32, 17},
    SafetensorsDType{"C64", 64, kUnsupported, 18},
    SafetensorsDType{"F64", 64, DType::f64, 19},
    SafetensorsDType{"I64", 64, DType::i64, 20},
    SafetensorsDType{"U64", 64, DType::u64, 21},
};

}  // namespace

const SafetensorsDType* find_safetensors_dtype(std::string_view name) {
  const auto found = std::find_if(kDTypes.begin(), kDTypes.end(),
                                  [&](const SafetensorsDType& type) { return type.name == name; });
  return found == kDTypes.end() ? nullptr : &*found;
}

const SafetensorsDType& safetensors_dtype(DType dtype) {
  const auto found =
      std::find_if(kDTypes.begin(), kDTypes.end(),
                   [&](const SafetensorsDType& type) { return type.dtype == dtype; });
  if (found == kDTypes.end()) throw std::logic_error("an element type without a safetensors name");
  return *found;
}

}  // namespace lora
