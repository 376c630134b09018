// Files that grow while a program runs, and can be read meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "lora/io/file_descriptor.h"

namespace lora {

/// Each piece that is appended is there completely or not at all, unless the machine stops. Every
/// failure is an Error(output) with the path and the reason.
class AppendFile {
 public:
  /// Puts a file with the bytes of `start` in the place of what is at `path`, as AtomicFile does,
  /// and keeps others from doing so meanwhile. Throws also if another run is writing to it.
  AppendFile(const std::string& path, std::span<const std::byte> start);

  /// What readers see at once. If it fails the file is cut back to what it was.
  void append(std::span<const std::byte> bytes);

  /// Makes sure that all of it is on the disk.
  void flush();

 private:
  std::string path_;
  FileDescriptor file_;
  std::uint64_t size_;
};

}  // namespace lora
