// What there is to say of a file or directory.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "lora/io/array_file.h"

namespace lora::cli {

/// Lines for people, an object for programs.
struct Inspection {
  std::vector<std::string> lines;
  nlohmann::ordered_json facts;
};

/// Any text table.
Inspection inspect_table(const std::string& path);

/// A .npy, .npz or .safetensors file.
Inspection inspect_arrays(const std::string& path);

/// Appends a table of the file's arrays, and its metadata.
void add_arrays(const ArrayFile& file, Inspection& result);

/// "1 row", "2 rows".
std::string plural(std::size_t count, const std::string& noun);

}  // namespace lora::cli
