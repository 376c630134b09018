// Bytes from front to back, from a file or from standard input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "lora/io/file_descriptor.h"

namespace lora {

/// Never seeks unless it is told to, so that pipes work.
class ByteStream {
 public:
  /// "-" is standard input. Throws Error(input) if there is no such file, if it is a directory or
  /// if it must not be read.
  explicit ByteStream(const std::string& path);

  /// The path, or "stdin": what messages call it.
  const std::string& label() const { return label_; }

  /// Goes on at byte `begin` of the file and ends before byte `end`.
  void limit_to(std::uint64_t begin, std::uint64_t end);

  /// Waits for at least one byte and puts at most `capacity` of them at `to`. Returns how many; 0
  /// at the end. Throws Error(input) if the device fails.
  std::size_t read(char* to, std::size_t capacity);

 private:
  std::string label_;
  FileDescriptor file_;                                             // none for standard input
  std::uint64_t left_ = std::numeric_limits<std::uint64_t>::max();  // bytes to its end
};

}  // namespace lora
