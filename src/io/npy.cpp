#include "lora/io/npy.h"

#include <utility>

#include "lora/io/npy_dtype.h"
#include "lora/io/npy_start.h"

namespace lora {

NpyArray parse_npy(std::span<const std::byte> file, const std::string& label) {
  NpyStart start = parse_npy_start(file, file.size(), label);
  const NpyDType type = parse_npy_dtype(start.header.descr, label);
  check_npy_size(start, file.size(), label);
  return {label,
          type.dtype,
          type.big_endian,
          start.header.fortran_order,
          std::move(start.header.shape),
          file.subspan(start.size)};
}

}  // namespace lora
