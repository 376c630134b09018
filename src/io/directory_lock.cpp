#include "lora/io/directory_lock.h"

#include <cerrno>
#include <fcntl.h>
#include <system_error>

#include "file_lock.h"
#include "lora/core/error.h"

namespace lora {

DirectoryLock::DirectoryLock(const std::string& directory)
    : directory_(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (!directory_.is_open()) {
    throw Error(ErrorKind::output, directory,
                ": cannot be opened: ", std::generic_category().message(errno));
  }
  if (take_lock(directory_)) return;
  throw Error(ErrorKind::output, directory,
              ": another run is writing to this directory; wait for it, or choose another");
}

}  // namespace lora
