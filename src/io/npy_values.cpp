#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "lora/core/error.h"
#include "lora/io/npy.h"
#include "lora/io/shape.h"

namespace lora {

namespace {

constexpr bool kNativeIsBig = std::endian::native == std::endian::big;
constexpr Index kTileRows = 16;  // of a transposition, so that its lines stay in the cache
constexpr DType kRealDType = std::is_same_v<Real, double> ? DType::f64 : DType::f32;

// The types of DType for which C++ has none of that size and meaning.
struct Float16 {
  std::uint16_t bits;
  operator float() const { return float_from_f16(bits); }
};
struct BFloat16 {
  std::uint16_t bits;
  operator float() const { return float_from_bf16(bits); }
};
struct Boolean {
  std::uint8_t bits;
  operator std::uint8_t() const { return bits != 0 ? 1 : 0; }
};

/// Calls visit with an object of the type that `dtype` means.
template <class Visitor>
void with_element_of(DType dtype, Visitor visit) {
  switch (dtype) {
    case DType::f64:
      return visit(double{});
    case DType::f32:
      return visit(float{});
    case DType::f16:
      return visit(Float16{});
    case DType::bf16:
      return visit(BFloat16{});
    case DType::i64:
      return visit(std::int64_t{});
    case DType::i32:
      return visit(std::int32_t{});
    case DType::i16:
      return visit(std::int16_t{});
    case DType::i8:
      return visit(std::int8_t{});
    case DType::u64:
      return visit(std::uint64_t{});
    case DType::u32:
      return visit(std::uint32_t{});
    case DType::u16:
      return visit(std::uint16_t{});
    case DType::u8:
      return visit(std::uint8_t{});
    case DType::boolean:
      return visit(Boolean{});
  }
}

template <class Element>
Element load(const std::byte* source, bool swapped) {
  std::array<std::byte, sizeof(Element)> bytes;
  std::memcpy(bytes.data(), source, sizeof(Element));
  if (swapped) std::reverse(bytes.begin(), bytes.end());
  return std::bit_cast<Element>(bytes);
}

bool is_swapped(const NpyArray& array) {
  return size_of(array.dtype) > 1 && array.big_endian != kNativeIsBig;
}

/// `count` adjacent elements to numbers that are `stride` apart.
template <class Element, class Number>
void convert_run(const std::byte* source, bool swapped, Index count, Number* target, Index stride) {
  for (Index i = 0; i < count; ++i) {
    target[i * stride] = static_cast<Number>(load<Element>(source, swapped));
    source += sizeof(Element);
  }
}

template <class Element, class Rows>
void convert_rows(const NpyArray& array, const NpyTable& table, Index first_row, Rows& rows) {
  const bool swapped = is_swapped(array);
  const auto element = [&](Index number) {
    return array.data.data() + static_cast<std::size_t>(number) * sizeof(Element);
  };
  if (array.fortran_order) {
    for (Index start = 0; start < rows.rows(); start += kTileRows) {
      const Index count = std::min(kTileRows, rows.rows() - start);
      for (Index col = 0; col < table.cols; ++col) {
        convert_run<Element>(element(col * table.rows + first_row + start), swapped, count,
                             rows.data() + start * rows.outerStride() + col, rows.outerStride());
      }
    }
  } else {
    for (Index row = 0; row < rows.rows(); ++row) {
      convert_run<Element>(element((first_row + row) * table.cols), swapped, table.cols,
                           rows.data() + row * rows.outerStride(), 1);
    }
  }
}

template <class Rows>
void convert_table(const NpyArray& array, Index first_row, Rows& rows) {
  const NpyTable table = npy_table(array);
  if (rows.cols() != table.cols || first_row < 0 || rows.rows() > table.rows - first_row) {
    throw std::logic_error("these rows are not in an array of shape " + shape_text(array.shape));
  }
  with_element_of(array.dtype, [&](auto element) {
    convert_rows<decltype(element)>(array, table, first_row, rows);
  });
}

template <class Element>
std::int64_t to_int64(Element element, Index row, const NpyArray& array) {
  if constexpr (std::is_integral_v<Element>) {
    if (std::in_range<std::int64_t>(element)) return static_cast<std::int64_t>(element);
  } else {
    constexpr double kLimit = 9223372036854775808.0;  // 2^63
    const double value = static_cast<double>(element);
    if (std::trunc(value) == value && value >= -kLimit && value < kLimit) {
      return static_cast<std::int64_t>(value);
    }
  }
  throw Error(ErrorKind::input, "[npy] ", array.path, ": row ", row, " (the first is 0) has ",
              +element, ", but only whole numbers of 64 bits fit here");
}

/// Says how more than two dimensions become two, where NumPy can do that.
[[noreturn]] void refuse_shape(const NpyArray& array) {
  const std::span<const std::uint64_t> shape = array.shape;
  const auto cols = shape.size() > 2 ? element_count(shape.subspan(1)) : std::nullopt;
  if (!cols || *cols == 0 || shape[0] == 0) {
    throw Error(ErrorKind::input, "[npy] ", array.path, ": shape ", shape_text(shape),
                " is no table; (rows, columns) or (rows,) would fit");
  }
  throw Error(ErrorKind::input, "[npy] ", array.path, ": shape ", shape_text(shape), " has ",
              shape.size(), " dimensions, but rows of features have 2; (", shape[0], ", ", *cols,
              ") would fit: np.save('new.npy', a.reshape(", shape[0], ", -1))");
}

/// How many elements an array (n,) or (n, 1) has; other shapes are refused.
Index rows_of_list(const NpyArray& array) {
  if (array.shape.empty() || array.shape.size() > 2 || npy_table(array).cols != 1) {
    throw Error(ErrorKind::input, "[npy] ", array.path, ": shape ", shape_text(array.shape),
                " is no list of integers; (rows,) or (rows, 1) would fit");
  }
  return npy_table(array).rows;
}

}  // namespace

NpyTable npy_table(const NpyArray& array) {
  const bool fits_index = std::all_of(array.shape.begin(), array.shape.end(), [](auto dimension) {
    return std::in_range<Index>(dimension);
  });
  if (array.shape.empty() || array.shape.size() > 2 || !fits_index) refuse_shape(array);
  return {static_cast<Index>(array.shape[0]),
          array.shape.size() == 2 ? static_cast<Index>(array.shape[1]) : 1};
}

bool is_native_real_rows(const NpyArray& array) {
  return array.dtype == kRealDType && array.big_endian == kNativeIsBig && !array.fortran_order &&
         (array.shape.size() == 1 || array.shape.size() == 2) &&
         reinterpret_cast<std::uintptr_t>(array.data.data()) % alignof(Real) == 0;
}

void npy_rows_to_float(const NpyArray& array, Index first_row, MutableView rows) {
  convert_table(array, first_row, rows);
}

void npy_rows_to_double(const NpyArray& array, Index first_row, MutableDoubleView rows) {
  convert_table(array, first_row, rows);
}

double npy_element(const NpyArray& array, Index row, Index col) {
  const NpyTable table = npy_table(array);
  const Index number = array.fortran_order ? col * table.rows + row : row * table.cols + col;
  double value = 0;
  with_element_of(array.dtype, [&](auto sample) {
    using Element = decltype(sample);
    const std::size_t offset = static_cast<std::size_t>(number) * sizeof(Element);
    value = static_cast<double>(load<Element>(array.data.data() + offset, is_swapped(array)));
  });
  return value;
}

void npy_rows_to_int64(const NpyArray& array, Index first_row, std::span<std::int64_t> rows) {
  const Index table_rows = rows_of_list(array);
  if (first_row < 0 || first_row > table_rows ||
      rows.size() > static_cast<std::size_t>(table_rows - first_row)) {
    throw std::logic_error("npy_rows_to_int64: these rows are not in " + shape_text(array.shape));
  }
  with_element_of(array.dtype, [&](auto sample) {
    using Element = decltype(sample);
    const bool swapped = is_swapped(array);
    const std::byte* source =
        array.data.data() + static_cast<std::size_t>(first_row) * sizeof(Element);
    Index row = first_row;
    for (std::int64_t& value : rows) {
      value = to_int64(load<Element>(source, swapped), row++, array);
      source += sizeof(Element);
    }
  });
}

std::vector<std::int64_t> npy_to_int64(const NpyArray& array) {
  std::vector<std::int64_t> result(static_cast<std::size_t>(rows_of_list(array)));
  npy_rows_to_int64(array, 0, result);
  return result;
}

}  // namespace lora
