#include "lora/io/append_file.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "file_lock.h"
#include "lora/core/error.h"
#include "lora/io/atomic_file.h"

namespace lora {

namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& reason) {
  throw Error(ErrorKind::output, path, ": cannot be written: ", reason);
}

void lock(const FileDescriptor& file, const std::string& path) {
  if (take_lock(file)) return;
  refuse(path, "another run is writing to it; wait for it, or choose another");
}

}  // namespace

AppendFile::AppendFile(const std::string& path, std::span<const std::byte> start)
    : path_(path), size_(start.size()) {
  const FileDescriptor before(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (before.is_open()) lock(before, path);
  write_file_atomically(path, start);
  file_ = FileDescriptor(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!file_.is_open()) refuse(path, why_not_written(errno));
  lock(file_, path);
}

void AppendFile::append(std::span<const std::byte> bytes) {
  for (std::span<const std::byte> rest = bytes; !rest.empty();) {
    const ssize_t count = ::write(file_.get(), rest.data(), rest.size());
    if (count >= 0) {
      rest = rest.subspan(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      const int error = errno;
      if (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) {
        refuse(path_, why_not_written(error) + "; its end is not whole");
      }
      refuse(path_, why_not_written(error));
    }
  }
  size_ += bytes.size();
}

void AppendFile::flush() {
  while (::fsync(file_.get()) != 0) {
    if (errno != EINTR) refuse(path_, why_not_written(errno));
  }
}

}  // namespace lora
