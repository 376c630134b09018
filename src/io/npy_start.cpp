#include "lora/io/npy_start.h"

#include <string_view>
#include <utility>

#include "little_endian.h"
#include "lora/core/error.h"
#include "lora/io/npy_dtype.h"
#include "lora/io/shape.h"

namespace lora {

namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kVersionEnd = 8;

template <class... Parts>
[[noreturn]] void refuse(const std::string& label, const Parts&... parts) {
  throw Error(ErrorKind::input, "[npy] ", label, ": ", parts...);
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void check_magic(std::span<const std::byte> file, const std::string& label) {
  if (is_npy(file)) return;
  const std::string_view text = as_text(file);
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

}  // namespace

bool is_npy(std::span<const std::byte> start) {
  return as_text(start).starts_with(kMagic);
}

NpyStart parse_npy_start(std::span<const std::byte> start, std::uint64_t file_size,
                         const std::string& label) {
  check_magic(start, label);
  const std::size_t begin = kVersionEnd + length_bytes(start, label);
  if (start.size() < begin) refuse(label, "ends before its header; incomplete download?");
  const std::size_t length = little_endian(start.subspan(kVersionEnd, begin - kVersionEnd));
  if (length > file_size - begin) {
    refuse(label, "the header claims ", length, " bytes, but the file has ", file_size,
           "; incomplete download?");
  }
  if (length > kLongestNpyHeader) {
    refuse(label, "the header has ", length, " bytes; ", kLongestNpyHeader, " are the most");
  }
  return {parse_npy_header(as_text(start.subspan(begin, length)), label), begin + length};
}

void check_npy_size(const NpyStart& start, std::uint64_t file_size, const std::string& label) {
  const auto element = npy_element_size(start.header.descr);
  if (!element) return;
  const std::string what =
      shape_text(start.header.shape) + " " + npy_dtype_name(start.header.descr);
  const auto count = element_count(start.header.shape);
  const auto size = count ? checked_product(*count, *element) : std::nullopt;
  if (!size) refuse(label, "the size of ", what, " does not fit 64 bits");
  const std::uint64_t found = file_size - start.size;
  if (found < *size) {
    refuse(label, what, " takes ", *size, " bytes of data, but the file has ", found,
           "; incomplete download?");
  }
  if (found > *size) {
    refuse(label, what, " takes ", *size, " bytes of data, but ", found - *size, " more follow");
  }
}

}  // namespace lora
