#include "lora/io/npy_text.h"

#include <cstdint>
#include <ios>
#include <stdexcept>
#include <string_view>

#include "lora/core/error.h"
#include "lora/core/text.h"
#include "lora/io/npy_start.h"
#include "lora/io/shape.h"

namespace lora {

namespace {

constexpr std::size_t kWideBytes = 4;

template <class... Parts>
[[noreturn]] void refuse_row(const NpyTextArray& array, Index row, const Parts&... parts) {
  throw Error(ErrorKind::input, "[npy] ", array.path, ": row ", row, " (the first is 0) ",
              parts...);
}

std::uint32_t code_point(const std::byte* bytes, bool big_endian) {
  std::uint32_t code = 0;
  for (std::size_t i = 0; i < kWideBytes; ++i) {
    code = code << 8U | std::to_integer<std::uint32_t>(bytes[big_endian ? i : kWideBytes - 1 - i]);
  }
  return code;
}

bool is_character(std::uint32_t code) {
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code <= 0x10FFFF && !surrogate;
}

/// `following` bytes of six bits each come after the first, which `mark` begins.
void append_bytes(std::string& text, std::uint32_t code, std::uint32_t mark, unsigned following) {
  text += static_cast<char>(mark | code >> (6 * following));
  while (following-- > 0) text += static_cast<char>(0x80U | (code >> (6 * following) & 0x3FU));
}

void append_utf8(std::string& text, std::uint32_t code) {
  if (code < 0x80) {
    append_bytes(text, code, 0, 0);
  } else if (code < 0x800) {
    append_bytes(text, code, 0xC0, 1);
  } else if (code < 0x10000) {
    append_bytes(text, code, 0xE0, 2);
  } else {
    append_bytes(text, code, 0xF0, 3);
  }
}

std::string from_code_points(const NpyTextArray& array, Index row,
                             std::span<const std::byte> element) {
  std::string text;
  for (std::size_t i = 0; i < element.size(); i += kWideBytes) {
    const std::uint32_t code = code_point(&element[i], array.type.big_endian);
    if (!is_character(code)) {
      refuse_row(array, row, "has the code point 0x", std::hex, code, ", which is no character");
    }
    append_utf8(text, code);
  }
  return text;
}

std::string from_utf8(const NpyTextArray& array, Index row, std::span<const std::byte> element) {
  std::string text(reinterpret_cast<const char*>(element.data()), element.size());
  if (!is_utf8(text)) {
    refuse_row(array, row, "is not UTF-8: ", in_quotes(text),
               "; if it is Latin-1, np.save('new.npy', np.char.decode(a, 'latin-1')) with a as the "
               "array makes it so");
  }
  return text;
}

}  // namespace

NpyTextArray parse_npy_text(std::span<const std::byte> file, const std::string& label) {
  const NpyStart start = parse_npy_start(file, file.size(), label);
  const NpyTextType type = parse_npy_text_type(start.header.descr, label);
  check_npy_size(start, file.size(), label);
  const auto& shape = start.header.shape;
  if (shape.size() != 1 && (shape.size() != 2 || shape[1] != 1)) {
    throw Error(ErrorKind::input, "[npy] ", label, ": shape ", shape_text(shape),
                " is no list of texts; (rows,) or (rows, 1) would fit");
  }
  return {label, type, static_cast<Index>(shape[0]), file.subspan(start.size)};
}

std::string npy_text(const NpyTextArray& array, Index row) {
  if (row < 0 || row >= array.rows) throw std::logic_error("npy_text: there is no such row");
  const std::size_t size = array.data.size() / static_cast<std::size_t>(array.rows);
  const auto element = array.data.subspan(static_cast<std::size_t>(row) * size, size);
  std::string text =
      array.type.wide ? from_code_points(array, row, element) : from_utf8(array, row, element);
  text.erase(text.find_last_not_of('\0') + 1);
  return text;
}

}  // namespace lora
