// Reads every array of a file in each way that the program has.
#pragma once

#include <algorithm>
#include <string>

#include "fuzz_input.h"
#include "lora/io/array_file.h"

namespace lora::fuzz {

/// Each reading may be refused on its own.
inline void read_arrays(const std::string& path) {
  ArrayFile file(path);
  for (const ArrayEntry& entry : file.entries()) {
    read_or_refuse([&] { file.text(entry.name); });
    read_or_refuse([&] {
      const NpyArray array = file.array(entry.name);
      read_or_refuse([&] { npy_to_int64(array); });
      const NpyTable table = npy_table(array);
      Matrix rows(std::min<Index>(table.rows, 4), table.cols);
      npy_rows_to_float(array, 0, rows);
      npy_rows_to_float(array, table.rows - rows.rows(), rows);
    });
  }
}

}  // namespace lora::fuzz
