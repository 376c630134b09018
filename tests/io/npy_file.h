// .npy files made by hand.
#pragma once

#include <string>
#include <string_view>

#include "io/bytes.h"

namespace lora::test {

inline std::string npy_with_header(std::string_view header, std::string_view data,
                                   int version = 1) {
  return "\x93NUMPY" + std::string{static_cast<char>(version), '\0'} +
         little_endian(header.size(), version == 1 ? 2 : 4) + std::string(header) +
         std::string(data);
}

/// `descr` in quotes, `fortran_order` and `shape` as Python writes them.
inline std::string npy_file(std::string_view descr, std::string_view fortran_order,
                            std::string_view shape, std::string_view data, int version = 1) {
  std::string header = "{'descr': ";
  header += descr;
  header += ", 'fortran_order': ";
  header += fortran_order;
  header += ", 'shape': ";
  header += shape;
  header += "}\n";
  return npy_with_header(header, data, version);
}

}  // namespace lora::test
