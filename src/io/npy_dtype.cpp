#include "lora/io/npy_dtype.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <system_error>

#include "lora/core/error.h"
#include "lora/core/text.h"

namespace lora {

namespace {

constexpr bool kNativeIsBig = std::endian::native == std::endian::big;
constexpr std::string_view kByteOrders = "<>=|";
constexpr std::size_t kLongestShown = 20;
constexpr std::uint64_t kWidestText = 1ULL << 29U;  // NumPy counts an element's bytes in an int

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
  std::string_view name;
  std::string_view what;
  std::string_view remedy;
};

constexpr std::string_view kAsFloat = "np.save('new.npy', a.astype('float32'))";
constexpr std::string_view kStacked =
    "np.save('new.npy', np.stack([a[n] for n in a.dtype.names], -1))";

constexpr std::array kRefusedTypes = {
    RefusedType{"O", "object", "Python objects, which are never unpickled here",
                "a = np.load(…, allow_pickle=True) if you trust the file, then "
                "np.save('new.npy', a.astype('float32')), or a.astype(str) if they are words"},
    RefusedType{"S", "text", "text", kAsFloat},
    RefusedType{"a", "text", "text", kAsFloat},
    RefusedType{"U", "text", "text", kAsFloat},
    RefusedType{"T", "text", "text", kAsFloat},
    RefusedType{"c", "complex", "complex numbers",
                "np.save('new.npy', np.concatenate([a.real, a.imag], -1).astype('float32'))"},
    RefusedType{"M", "datetime", "dates", "np.save('new.npy', a.astype('int64'))"},
    RefusedType{"m", "timedelta", "durations", "np.save('new.npy', a.astype('int64'))"},
    RefusedType{"f12", "longdouble", "long doubles", "np.save('new.npy', a.astype('float64'))"},
    RefusedType{"f16", "longdouble", "long doubles", "np.save('new.npy', a.astype('float64'))"},
    RefusedType{"g", "longdouble", "long doubles", "np.save('new.npy', a.astype('float64'))"},
    RefusedType{"V2", "void", "opaque pairs of bytes, as NumPy saves bfloat16",
                "np.save('new.npy', a.view(ml_dtypes.bfloat16).astype('float32'))"},
    RefusedType{"V", "void", "opaque bytes",
                "np.save('new.npy', a.view('float32')) with their true type"},
    RefusedType{"[", "records", "records", kStacked},
    RefusedType{"(", "records", "records", kStacked},
};

constexpr RefusedType kUnknownType = {"", "unknown", "of an unknown type", kAsFloat};

/// A descr in its parts.
struct Code {
  std::optional<char> order;
  std::string_view type;
};

Code code_of(std::string_view descr) {
  if (descr.find_first_of(kByteOrders) != 0) return {std::nullopt, descr};
  return {descr[0], descr.substr(1)};
}

/// Null if it is none of them.
const KnownType* known_type(std::string_view descr) {
  const auto [order, code] = code_of(descr);
  for (const KnownType& type : kKnownTypes) {
    if (code == type.code || (!order && code == type.name)) return &type;
  }
  return nullptr;
}

const RefusedType& refused_type(std::string_view descr) {
  const std::string_view code = code_of(descr).type;
  const auto found =
      std::find_if(kRefusedTypes.begin(), kRefusedTypes.end(),
                   [&](const RefusedType& type) { return code.starts_with(type.start); });
  return found == kRefusedTypes.end() ? kUnknownType : *found;
}

bool is_big_endian(std::optional<char> order) {
  return order == '>' || (order != '<' && kNativeIsBig);
}

/// Whether a listing can show it as it is.
bool is_short_and_plain(std::string_view text) {
  return text.size() <= kLongestShown &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

std::optional<NpyDType> find_npy_dtype(std::string_view descr) {
  const KnownType* const type = known_type(descr);
  if (type == nullptr) return std::nullopt;
  return NpyDType{type->dtype, size_of(type->dtype) > 1 && is_big_endian(code_of(descr).order)};
}

std::optional<NpyTextType> find_npy_text_type(std::string_view descr) {
  const auto [order, code] = code_of(descr);
  if (code.find_first_of("USa") != 0) return std::nullopt;
  const bool wide = code[0] == 'U';
  const char* const end = code.data() + code.size();
  std::uint64_t width = 0;
  const auto [rest, error] = std::from_chars(code.data() + 1, end, width);
  if (error != std::errc() || rest != end || width == 0 || width >= kWidestText) {
    return std::nullopt;
  }
  return NpyTextType{wide, wide && is_big_endian(order), width};
}

NpyDType parse_npy_dtype(std::string_view descr, const std::string& label) {
  if (const auto type = find_npy_dtype(descr)) return *type;
  const RefusedType& type = refused_type(descr);
  throw Error(ErrorKind::input, "[npy] ", label, ": the elements are ", type.what, " (",
              in_quotes(descr),
              "), not plain numbers; to mend it in NumPy, with a as the array: ", type.remedy);
}

NpyTextType parse_npy_text_type(std::string_view descr, const std::string& label) {
  if (const auto type = find_npy_text_type(descr)) return *type;
  throw Error(ErrorKind::input, "[npy] ", label, ": the elements are of type ",
              npy_dtype_name(descr),
              ", not text such as <U5 or |S5; to mend it in NumPy, with a "
              "as the array: np.save('new.npy', a.astype('U'))");
}

std::optional<std::uint64_t> npy_element_size(std::string_view descr) {
  if (const KnownType* const type = known_type(descr)) return size_of(type->dtype);
  if (const auto text = find_npy_text_type(descr)) return text->width * (text->wide ? 4 : 1);
  return std::nullopt;
}

std::string npy_dtype_name(std::string_view descr) {
  if (const KnownType* const type = known_type(descr)) return std::string(type->name);
  std::string name(refused_type(descr).name);
  if (name == "object" || name == "records" || !is_short_and_plain(descr)) return name;
  name += " ";
  return name += descr;
}

}  // namespace lora
