// safetensors files: named arrays in one file, as PyTorch and Hugging Face keep weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lora/core/dtype.h"
#include "lora/io/mapped_file.h"

namespace lora {

/// One array of a file.
struct SafetensorsEntry {
  std::string name;
  std::string dtype_name;            ///< the format's own: "F32", "BF16", "F8_E4M3", …
  std::optional<DType> dtype;        ///< nothing if this program cannot calculate with it
  std::vector<std::uint64_t> shape;  ///< () is one element
  std::span<const std::byte> bytes;  ///< C order, little-endian; may be unaligned
};

/// A mapped file whose header has been checked from end to end: every byte of data belongs to
/// exactly one tensor, and every tensor's bytes are as many as its shape and type take. Movable;
/// entries stay where they are when the object moves.
class SafetensorsFile {
 public:
  /// Throws Error(input) if the file cannot be read or anything in it is not as the format has it.
  explicit SafetensorsFile(const std::string& path);

  const std::string& path() const { return file_.path(); }

  /// The whole file, of which the tensors' bytes are parts.
  const MappedFile& file() const { return file_; }

  /// In the order of the data.
  const std::vector<SafetensorsEntry>& tensors() const { return tensors_; }

  /// The tensor of that name, or null.
  const SafetensorsEntry* find(std::string_view name) const;

  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  MappedFile file_;
  std::vector<SafetensorsEntry> tensors_;
  std::unordered_map<std::string_view, std::size_t> positions_;  // by names in tensors_
  std::map<std::string, std::string> metadata_;
};

/// One array to be written.
struct SafetensorsTensor {
  std::string name;
  DType dtype;
  std::vector<std::uint64_t> shape;
  std::span<const std::byte> bytes;  ///< C order, little-endian
};

/// The content of a file with these tensors, byte for byte as the format's own writer makes it:
/// tensors by type (wide ones first, so that each is aligned), then by name; compact JSON, padded
/// to 8 bytes. No metadata, no `__metadata__`; more than one entry come in the order of the map
/// (the other writer's order is then arbitrary). Throws Error(output) for a name that is not UTF-8,
/// that comes twice or is
/// `__metadata__`, and for a header above 100,000,000 bytes; std::logic_error if the bytes of a
/// tensor are not as many as its shape and type take.
std::vector<std::byte> safetensors_bytes(std::vector<SafetensorsTensor> tensors,
                                         const std::map<std::string, std::string>& metadata);

}  // namespace lora
