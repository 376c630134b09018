#include "lora/io/mapped_file.h"

#include <cerrno>
#include <fcntl.h>
#include <functional>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <utility>

#include "lora/core/error.h"
#include "lora/io/file_descriptor.h"

namespace lora {

namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& reason) {
  throw Error(ErrorKind::input, path, ": ", reason);
}

std::string reason_of(int error) {
  switch (error) {
    case ENOENT:
      return "there is no such file";
    case EACCES:
      return "no permission to read this file";
    case ENXIO:
      return "is a socket or a device, not a regular file";
    default:
      return "cannot be read: " + std::generic_category().message(error);
  }
}

FileDescriptor open_for_reading(const std::string& path) {
  int number = -1;
  do {
    // Without O_NONBLOCK a pipe that nobody writes to would never open.
    number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  } while (number < 0 && errno == EINTR);
  if (number < 0) refuse(path, reason_of(errno));
  return FileDescriptor(number);
}

/// The size of an open regular file; anything else is refused.
std::size_t size_of_regular_file(int file, const std::string& path) {
  struct stat status {};
  if (::fstat(file, &status) != 0) refuse(path, reason_of(errno));
  if (S_ISDIR(status.st_mode)) refuse(path, "is a directory, not a file");
  if (S_ISFIFO(status.st_mode)) {
    refuse(path, "is a pipe, not a regular file; write its content to a file first");
  }
  if (!S_ISREG(status.st_mode)) refuse(path, "is a device, not a regular file");
  return static_cast<std::size_t>(status.st_size);
}

}  // namespace

MappedFile::MappedFile(const std::string& path) : path_(path) {
  const FileDescriptor file = open_for_reading(path);
  const std::size_t size = size_of_regular_file(file.get(), path);
  if (size == 0) return;
  void* const address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED) {
    if (errno == ENOMEM) {
      throw Error(ErrorKind::memory, path, ": no address space for its ", size, " bytes");
    }
    refuse(path, reason_of(errno));
  }
  bytes_ = {static_cast<const std::byte*>(address), size};
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)), bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (bytes_.empty()) return;
  ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

std::string_view MappedFile::text() const {
  return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
}

void MappedFile::forget(std::span<const std::byte> part) const {
  const std::byte* const start = bytes_.data();
  const std::less_equal<> before;  // of any two addresses
  const bool is_here =
      before(start, part.data()) && before(part.data() + part.size(), start + bytes_.size());
  if (!is_here) return;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto first = static_cast<std::size_t>(part.data() - start);
  const std::size_t begin = (first + page - 1) / page * page;
  const std::size_t end = (first + part.size()) / page * page;
  if (begin >= end) return;
  // Mapped pages are never written to, so that nothing is lost; a failure costs memory only.
  static_cast<void>(
      ::madvise(const_cast<std::byte*>(bytes_.data()) + begin, end - begin, MADV_DONTNEED));
}

}  // namespace lora
