// The bytes of a file, read by the operating system when they are looked at.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace lora {

/// A read-only mapping of a regular file. Movable; bytes() stays where it is when the object moves.
/// A file that is replaced by renaming leaves the mapping as it was. One that is shortened in place
/// by another program while it is mapped ends this one (SIGBUS) where a page that is gone is looked
/// at, and what is gone of its last page is zero; lora-train's cli/interrupt and InputWatch make
/// sentences of both.
class MappedFile {
 public:
  /// Throws Error(input) with its own sentence if there is no such file, if it may not be read, and
  /// if it is a directory, pipe, socket or device; Error(memory) if there is no address space for
  /// it.
  explicit MappedFile(const std::string& path);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  /// The whole file; empty for an empty file.
  std::span<const std::byte> bytes() const { return bytes_; }
  /// The same as text, of whatever encoding.
  std::string_view text() const;
  const std::string& path() const { return path_; }

  /// Gives back the pages of `part` of the bytes; they are read again if they are looked at. Does
  /// nothing for bytes that are elsewhere.
  void forget(std::span<const std::byte> part) const;

 private:
  std::string path_;
  std::span<const std::byte> bytes_;
};

}  // namespace lora
