// One door to the files that hold arrays: .npy, .npz and .safetensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lora/core/dtype.h"
#include "lora/io/mapped_file.h"
#include "lora/io/npy.h"
#include "lora/io/npy_text.h"

namespace lora {

struct FileAndName {
  std::string file;
  std::string name;  ///< empty if none was given
};

/// "x.npz:X" → {"x.npz", "X"}. A path that exists as a whole is taken whole; otherwise it is split
/// at the last colon before which stands a name of an array file.
FileAndName split_file_and_name(const std::string& text);

/// Whether the file of FILE or FILE:NAME ends in .npy, .npz or .safetensors, in any case.
bool names_array_file(const std::string& text);

/// What a file says of one of its arrays.
struct ArrayEntry {
  std::string name;        ///< without the ".npy" of a member of a .npz; empty in a .npy
  std::string dtype_name;  ///< NumPy's ("float32", "text <U5", "object") or safetensors' ("BF16")
  std::optional<DType> dtype;  ///< nothing if this program cannot calculate with it
  bool is_text = false;
  std::vector<std::uint64_t> shape;
  std::uint64_t bytes = 0;  ///< of its data, before any compression
};

class ArrayFileContent;

/// An open file whose arrays are all known by name, type and shape, those that this program cannot
/// read as well; their data is read when it is asked for. Movable.
class ArrayFile {
 public:
  /// Throws Error(input) if the file is of none of the three kinds, cannot be read, or is broken.
  explicit ArrayFile(const std::string& path);

  ArrayFile(ArrayFile&& other) noexcept;
  ArrayFile& operator=(ArrayFile&& other) noexcept;
  ArrayFile(const ArrayFile&) = delete;
  ArrayFile& operator=(const ArrayFile&) = delete;
  ~ArrayFile();

  const std::string& path() const { return path_; }

  /// The file itself, in which arrays lie that need not be inflated.
  const MappedFile& file() const;

  /// In the order of the file. A member of a .npz that is no array is there as "bytes".
  const std::vector<ArrayEntry>& entries() const;

  /// Of a .safetensors; else empty.
  const std::map<std::string, std::string>& metadata() const;

  /// The entry of that name, which in a .npz may have ".npy" behind it; the only one for an empty
  /// name. Throws Error(input) with the nearest and the known names if there is none.
  const ArrayEntry& entry(const std::string& name) const;

  /// The numbers of entry(name), whose data is valid as long as the file is open: it lies in the
  /// file, or in memory if it had to be inflated, which is done once. Throws Error(input) for an
  /// array that is not of plain numbers, and for damaged data; Error(memory).
  NpyArray array(const std::string& name);

  /// The same for a list of texts; for others see entry(name).is_text.
  NpyTextArray text(const std::string& name);

 private:
  std::size_t position_of(const std::string& name) const;

  std::string path_;
  std::unique_ptr<ArrayFileContent> content_;
};

}  // namespace lora
