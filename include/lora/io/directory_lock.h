// A directory that one process at a time writes to.
#pragma once

#include <string>

#include "lora/io/file_descriptor.h"

namespace lora {

/// Holds the directory until it goes; leaves nothing behind in it, even if the process is killed.
class DirectoryLock {
 public:
  /// Throws Error(output) if another process holds it, or if it is no directory.
  explicit DirectoryLock(const std::string& directory);

 private:
  FileDescriptor directory_;
};

}  // namespace lora
