#include "lora/io/directory_lock.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <system_error>

#include "lora/core/error.h"

namespace lora {

DirectoryLock::DirectoryLock(const std::string& directory)
    : directory_(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (!directory_.is_open()) {
    throw Error(ErrorKind::output, directory,
                ": cannot be opened: ", std::generic_category().message(errno));
  }
  if (::flock(directory_.get(), LOCK_EX | LOCK_NB) == 0) return;
  if (errno == EWOULDBLOCK) {
    throw Error(ErrorKind::output, directory,
                ": another run is writing to this directory; wait for it, or choose another");
  }
  // Some network file systems know no locks; there everybody is alone.
}

}  // namespace lora
