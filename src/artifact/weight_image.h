// A file of weights whose bytes are copied but for those that are replaced.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lora/core/dtype.h"
#include "lora/core/matrix.h"
#include "lora/io/mapped_file.h"
#include "lora/io/npy.h"
#include "lora/io/safetensors.h"

namespace lora {

/// An array of numbers as it lies in a file, little-endian and in C order; a list is one row.
struct StoredMatrix {
  DType dtype;
  Index rows;
  Index cols;
  std::span<const std::byte> bytes;

  /// Rows first … first+count−1 in double: exact.
  DoubleMatrix rows_from(Index first, Index count) const;
};

/// Numbers as bytes of a type, each rounded once.
std::vector<std::byte> packed(const DoubleMatrix& values, DType dtype);

/// A .safetensors or .npy file: where its weights and biases lie.
class WeightImage {
 public:
  /// Throws Error(input) for any other file.
  explicit WeightImage(const std::string& path);

  std::span<const std::byte> bytes() const;

  /// The matrix of that name (of a .npy: the only one). Throws Error(input) if there is none, or
  /// none that an adapter can be folded into.
  StoredMatrix weight(const std::string& name) const;

  /// The list of that name, as one row; nothing if there is none.
  std::optional<StoredMatrix> bias(const std::string& name) const;

  /// The name of the weight of a layer: what the user called it, else by the layer's path.
  std::string weight_name(const std::string& path, const std::string& named) const;

 private:
  bool has(const std::string& name) const { return npy_ || tensors_->find(name) != nullptr; }
  StoredMatrix tensor(const std::string& name) const;
  StoredMatrix array() const;

  std::optional<SafetensorsFile> tensors_;
  std::optional<MappedFile> npy_;
};

}  // namespace lora
