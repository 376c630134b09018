#include "lora/io/npy_writer.h"

#include <cstddef>
#include <stdexcept>

#include "lora/io/shape.h"

namespace lora {

namespace {

constexpr std::size_t kHeaderBytes = 128;

std::string descr_of(DType dtype) {
  switch (dtype) {
    case DType::f64:
      return "<f8";
    case DType::f32:
      return "<f4";
    case DType::i64:
      return "<i8";
    default:
      throw std::logic_error("npy_header: no such arrays are written");
  }
}

}  // namespace

std::string npy_header(DType dtype, const std::vector<std::uint64_t>& shape) {
  std::string header("\x93NUMPY\x01\x00\x76\x00", 10);  // 0x76: what follows, to 128 bytes
  header += "{'descr': '" + descr_of(dtype) +
            "', 'fortran_order': False, 'shape': " + shape_text(shape) + ", }";
  if (header.size() >= kHeaderBytes) throw std::logic_error("npy_header: too many dimensions");
  header.resize(kHeaderBytes - 1, ' ');
  return header + '\n';
}

}  // namespace lora
