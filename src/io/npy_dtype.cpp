#include "lora/io/npy_dtype.h"

#include <algorithm>
#include <array>
#include <bit>

#include "lora/core/error.h"
#include "lora/core/text.h"

namespace lora {

namespace {

constexpr bool kNativeIsBig = std::endian::native == std::endian::big;
constexpr std::string_view kByteOrders = "<>=|";

struct KnownType {
  std::string_view code;
  std::string_view name;
  DType dtype;
};

constexpr std::array kKnownTypes = {
    KnownType{"f2", "float16", DType::f16}, KnownType{"f4", "float32", DType::f32},
    KnownType{"f8", "float64", DType::f64}, KnownType{"i1", "int8", DType::i8},
    KnownType{"i2", "int16", DType::i16},   KnownType{"i4", "int32", DType::i32},
    KnownType{"i8", "int64", DType::i64},   KnownType{"u1", "uint8", DType::u8},
    KnownType{"u2", "uint16", DType::u16},  KnownType{"u4", "uint32", DType::u32},
    KnownType{"u8", "uint64", DType::u64},  KnownType{"b1", "bool", DType::boolean},
};

/// What cannot be read as numbers, and how NumPy makes numbers of it (`a` is the array).
struct RefusedType {
  std::string_view start;  // of the type's code
  std::string_view what;
  std::string_view remedy;
};

constexpr std::string_view kAsFloat = "np.save('new.npy', a.astype('float32'))";

constexpr std::array kRefusedTypes = {
    RefusedType{"O", "Python objects, which are never unpickled here",
                "a = np.load(…, allow_pickle=True) if you trust the file, then "
                "np.save('new.npy', a.astype('float32'))"},
    RefusedType{"S", "text", kAsFloat},
    RefusedType{"a", "text", kAsFloat},
    RefusedType{"U", "text", kAsFloat},
    RefusedType{"T", "text", kAsFloat},
    RefusedType{"c", "complex numbers",
                "np.save('new.npy', np.concatenate([a.real, a.imag], -1).astype('float32'))"},
    RefusedType{"M", "dates", "np.save('new.npy', a.astype('int64'))"},
    RefusedType{"m", "durations", "np.save('new.npy', a.astype('int64'))"},
    RefusedType{"f12", "long doubles", "np.save('new.npy', a.astype('float64'))"},
    RefusedType{"f16", "long doubles", "np.save('new.npy', a.astype('float64'))"},
    RefusedType{"g", "long doubles", "np.save('new.npy', a.astype('float64'))"},
    RefusedType{"V2", "opaque pairs of bytes, as NumPy saves bfloat16",
                "np.save('new.npy', a.view(ml_dtypes.bfloat16).astype('float32'))"},
    RefusedType{"V", "opaque bytes", "np.save('new.npy', a.view('float32')) with their true type"},
};

[[noreturn]] void refuse(const std::string& label, std::string_view what, std::string_view descr,
                         std::string_view remedy) {
  throw Error(ErrorKind::input, "[npy] ", label, ": the elements are ", what, " (",
              in_quotes(descr),
              "), not plain numbers; to mend it in NumPy, with a as the array: ", remedy);
}

[[noreturn]] void refuse_descr(std::string_view descr, std::string_view code,
                               const std::string& label) {
  for (const RefusedType& type : kRefusedTypes) {
    if (code.starts_with(type.start)) refuse(label, type.what, descr, type.remedy);
  }
  refuse(label, "of an unknown type", descr, kAsFloat);
}

bool is_big_endian(char order, DType dtype) {
  if (size_of(dtype) == 1) return false;
  return order == '>' || (order != '<' && kNativeIsBig);
}

}  // namespace

NpyDType parse_npy_dtype(std::string_view descr, const std::string& label) {
  const bool has_order = descr.find_first_of(kByteOrders) == 0;
  const std::string_view code = descr.substr(has_order ? 1 : 0);
  const auto found =
      std::find_if(kKnownTypes.begin(), kKnownTypes.end(), [&](const KnownType& type) {
        return code == type.code || (!has_order && code == type.name);
      });
  if (found == kKnownTypes.end()) refuse_descr(descr, code, label);
  return {found->dtype, is_big_endian(has_order ? descr[0] : '=', found->dtype)};
}

void refuse_npy_records(const std::string& label) {
  refuse(label, "records", "[…]",
         "np.save('new.npy', np.stack([a[n] for n in a.dtype.names], -1))");
}

}  // namespace lora
