// The lock that keeps other processes from writing where this one does.
#pragma once

#include <cerrno>
#include <sys/file.h>

#include "lora/io/file_descriptor.h"

namespace lora {

/// Takes the lock of an open file or directory until it is closed; false if another process holds
/// it. Some network file systems know no locks; there everybody is alone.
inline bool take_lock(const FileDescriptor& file) {
  return ::flock(file.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

}  // namespace lora
