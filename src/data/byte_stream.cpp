#include "lora/data/byte_stream.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "lora/core/error.h"

namespace lora {

namespace {

std::string reason(int error) {
  return std::generic_category().message(error);
}

[[noreturn]] void throw_cannot_open(const std::string& path, int error) {
  if (error == ENOENT) throw Error(ErrorKind::input, path, ": no such file");
  if (error == EACCES) throw Error(ErrorKind::input, path, ": no permission to read this file");
  throw Error(ErrorKind::input, path, ": cannot be opened: ", reason(error));
}

bool is_directory(const FileDescriptor& file) {
  struct stat status = {};
  return fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

ByteStream::ByteStream(const std::string& path) : label_(path == "-" ? "stdin" : path) {
  if (path == "-") return;
  file_ = FileDescriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file_.is_open()) throw_cannot_open(path, errno);
  if (is_directory(file_)) {
    throw Error(ErrorKind::input, path, ": is a directory; name the table in it");
  }
}

void ByteStream::limit_to(std::uint64_t begin, std::uint64_t end) {
  if (lseek(file_.get(), static_cast<off_t>(begin), SEEK_SET) < 0) {
    throw Error(ErrorKind::input, label_, ": cannot be read from byte ", begin,
                " on: ", reason(errno));
  }
  left_ = end - begin;
}

std::size_t ByteStream::read(char* to, std::size_t capacity) {
  capacity = static_cast<std::size_t>(std::min<std::uint64_t>(capacity, left_));
  if (capacity == 0) return 0;
  const int file = file_.is_open() ? file_.get() : STDIN_FILENO;
  while (true) {
    const ssize_t count = ::read(file, to, capacity);
    if (count >= 0) {
      left_ -= static_cast<std::uint64_t>(count);
      return static_cast<std::size_t>(count);
    }
    if (errno == EISDIR) throw Error(ErrorKind::input, label_, ": is a directory, not a table");
    if (errno != EINTR) {
      throw Error(ErrorKind::input, label_, ": cannot be read: ", reason(errno));
    }
  }
}

}  // namespace lora
