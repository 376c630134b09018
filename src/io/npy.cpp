#include "lora/io/npy.h"

#include <string_view>
#include <utility>

#include "lora/core/error.h"
#include "lora/io/npy_header.h"
#include "lora/io/shape.h"

namespace lora {

namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kVersionEnd = 8;
constexpr std::size_t kLongestHeader = 10'000;  // NumPy's own limit

template <class... Parts>
[[noreturn]] void refuse(const std::string& label, const Parts&... parts) {
  throw Error(ErrorKind::input, "[npy] ", label, ": ", parts...);
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void check_magic(std::span<const std::byte> file, const std::string& label) {
  const std::string_view text = as_text(file);
  if (text.starts_with(kMagic)) return;
  if (text.empty()) refuse(label, "is empty");
  if (kMagic.starts_with(text)) refuse(label, "ends in its first bytes; incomplete download?");
  if (text.starts_with("PK")) refuse(label, "is a ZIP archive; arrays in one are named .npz");
  refuse(label, "is not a .npy file, which starts with the byte 0x93 and 'NUMPY'");
}

/// Bytes of the field that says how long the header is.
std::size_t length_bytes(std::span<const std::byte> file, const std::string& label) {
  if (file.size() < kVersionEnd) refuse(label, "ends before its version; incomplete download?");
  const int major = std::to_integer<int>(file[6]);
  const int minor = std::to_integer<int>(file[7]);
  if (major < 1 || major > 3 || minor != 0) {
    refuse(label, "is of .npy version ", major, ".", minor, "; known are 1.0, 2.0 and 3.0");
  }
  return major == 1 ? 2 : 4;
}

struct Parts {
  std::string_view header;
  std::span<const std::byte> data;
};

Parts split(std::span<const std::byte> file, const std::string& label) {
  check_magic(file, label);
  const std::size_t start = kVersionEnd + length_bytes(file, label);
  if (file.size() < start) refuse(label, "ends before its header; incomplete download?");
  std::size_t length = 0;
  for (std::size_t i = start; i-- > kVersionEnd;) {
    length = (length << 8U) | std::to_integer<std::size_t>(file[i]);
  }
  if (length > file.size() - start) {
    refuse(label, "the header claims ", length, " bytes, but the file has ", file.size(),
           "; incomplete download?");
  }
  if (length > kLongestHeader) {
    refuse(label, "the header has ", length, " bytes; ", kLongestHeader, " are the most");
  }
  return {as_text(file.subspan(start, length)), file.subspan(start + length)};
}

void check_data(const NpyArray& array) {
  const std::string what = shape_text(array.shape) + " " + std::string(name_of(array.dtype));
  const auto count = element_count(array.shape);
  const auto size = count ? checked_product(*count, size_of(array.dtype)) : std::nullopt;
  if (!size) refuse(array.path, "the size of ", what, " does not fit 64 bits");
  if (array.data.size() < *size) {
    refuse(array.path, what, " takes ", *size, " bytes of data, but the file has ",
           array.data.size(), "; incomplete download?");
  }
  if (array.data.size() > *size) {
    refuse(array.path, what, " takes ", *size, " bytes of data, but ", array.data.size() - *size,
           " more follow");
  }
}

}  // namespace

NpyArray parse_npy(std::span<const std::byte> file, const std::string& label) {
  const Parts parts = split(file, label);
  NpyHeader header = parse_npy_header(parts.header, label);
  NpyArray array{label,
                 header.type.dtype,
                 header.type.big_endian,
                 header.fortran_order,
                 std::move(header.shape),
                 parts.data};
  check_data(array);
  return array;
}

}  // namespace lora
