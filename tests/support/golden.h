// The numbers in tests/golden, as the docstring of make_golden.py describes them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "lora/core/matrix.h"

namespace lora::test {

/// The records of tests/golden/`name`.
inline nlohmann::json golden(const std::string& name) {
  const std::string path = std::string(LORA_SOURCE_DIR) + "/tests/golden/" + name;
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path);
  return nlohmann::json::parse(in);
}

/// An integer of up to 64 bits, such as a seed. Refuses what the reader made a double of.
inline std::uint64_t unsigned_of(const nlohmann::json& number) {
  if (!number.is_number_unsigned()) throw std::runtime_error("not an integer: " + number.dump());
  return number.get<std::uint64_t>();
}

/// A flat list of numbers as a matrix of (rows, cols).
inline Matrix matrix_of(const nlohmann::json& numbers, Index rows, Index cols) {
  if (static_cast<Index>(numbers.size()) != rows * cols) {
    throw std::runtime_error(std::to_string(numbers.size()) + " numbers for " +
                             std::to_string(rows) + " × " + std::to_string(cols));
  }
  Matrix matrix(rows, cols);
  std::transform(numbers.begin(), numbers.end(), matrix.data(), [](const nlohmann::json& number) {
    return static_cast<Real>(number.get<double>());
  });
  return matrix;
}

/// A list of class indices.
inline std::vector<std::int32_t> labels_of(const nlohmann::json& numbers) {
  return numbers.get<std::vector<std::int32_t>>();
}

}  // namespace lora::test
