#include "lora/io/atomic_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include "lora/core/error.h"

namespace lora {

namespace {

constexpr int kAttempts = 1000;
constexpr std::size_t kLongestStem = 200;  // of the 255 bytes that a file's name may have
constexpr std::size_t kBlockBytes = std::size_t{1} << 20U;
constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;  // the digest's K: the order of blocks counts

template <class... Parts>
[[noreturn]] void refuse(const std::string& path, const Parts&... reason) {
  throw Error(ErrorKind::output, path, ": cannot be written: ", reason...);
}

/// Renaming over anything but a regular file would fail late, or put a file in a device's place.
void check_target(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return;
    refuse(path, why_not_written(errno));
  }
  if (S_ISDIR(status.st_mode)) refuse(path, "it is a directory");
  if (!S_ISREG(status.st_mode)) refuse(path, "it is a pipe or device, not a regular file");
}

/// Creates a file beside `path` whose name nobody has yet, and stores that name in `partial`. A
/// number is appended when a dead process with this one's id has left its file behind.
FileDescriptor create_partial(const std::string& path, std::string& partial) {
  const std::filesystem::path target(path);
  const std::string name = target.filename().string();
  if (name.empty()) refuse(path, "it names no file");
  std::string stem = ".";
  stem += name.substr(0, kLongestStem) + "." + std::to_string(::getpid()) + ".";
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::string number = attempt == 0 ? "" : std::to_string(attempt) + ".";
    partial = (target.parent_path() / (stem + number + "partial")).string();
    const int file = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file >= 0) return FileDescriptor(file);
    if (errno != EEXIST && errno != EINTR) refuse(path, why_not_written(errno));
  }
  refuse(path, "too many files like ", partial, " are left from interrupted runs; delete them");
}

/// Some file systems cannot flush a directory, and some directories may not be opened: then the
/// system writes the new name when it likes.
void flush_directory(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const std::string name = parent.empty() ? "." : parent.string();
  const FileDescriptor directory(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) return;
  if (::fsync(directory.get()) != 0 && errno != EINVAL && errno != EINTR) {
    refuse(path, why_not_written(errno));
  }
}

/// `write_some(bytes)` is a system call that writes some of them and returns how many.
template <class WriteSome>
void write_all(std::span<const std::byte> bytes, const std::string& path, WriteSome write_some) {
  while (!bytes.empty()) {
    const ssize_t count = write_some(bytes);
    if (count >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      refuse(path, why_not_written(errno));
    }
  }
}

/// Reads until `block` is full or the file ends, and returns how many bytes that was.
std::size_t read_block(int file, std::span<std::byte> block, const std::string& path) {
  std::size_t filled = 0;
  while (filled < block.size()) {
    const ssize_t count = ::read(file, block.data() + filled, block.size() - filled);
    if (count == 0) break;
    if (count > 0) {
      filled += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      refuse(path, "it cannot be read back: ", why_not_written(errno));
    }
  }
  return filled;
}

std::uint64_t hash_of(std::span<const std::byte> block) {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(block.data()), block.size()});
}

}  // namespace

std::string why_not_written(int error) {
  switch (error) {
    case ENOSPC:
      return "the disk is full";
    case EDQUOT:
      return "the disk quota is used up";
    case EFBIG:
      return "the file would be larger than allowed (ulimit -f, or the file system)";
    case EROFS:
      return "the file system is read-only";
    case EACCES:
    case EPERM:
      return "no permission";
    case ENOENT:
      return "its directory does not exist";
    case ENOTDIR:
      return "a part of the path is a file, not a directory";
    case ENAMETOOLONG:
      return "the name is too long";
    default:
      return std::generic_category().message(error);
  }
}

void AtomicFile::Digest::add(std::span<const std::byte> block) {
  first_factor = size == 0 ? 1 : first_factor * kOdd;
  hash = hash * kOdd + hash_of(block);
  size += block.size();
}

void AtomicFile::Digest::exchange_first(std::span<const std::byte> old_block,
                                        std::span<const std::byte> new_block) {
  hash += first_factor * (hash_of(new_block) - hash_of(old_block));
}

AtomicFile::AtomicFile(const std::string& path) : path_(path) {
  check_target(path);
  file_ = create_partial(path, partial_);
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      partial_(std::exchange(other.partial_, {})),
      file_(std::move(other.file_)),
      block_(std::move(other.block_)),
      first_block_(std::move(other.first_block_)),
      written_(other.written_) {}

AtomicFile::~AtomicFile() {
  if (!partial_.empty()) ::unlink(partial_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  if (!file_.is_open()) throw std::logic_error("AtomicFile::write after close_and_check");
  while (!bytes.empty()) {
    const std::span part = bytes.first(std::min(bytes.size(), kBlockBytes - block_.size()));
    block_.insert(block_.end(), part.begin(), part.end());
    bytes = bytes.subspan(part.size());
    if (block_.size() == kBlockBytes) write_block();
  }
}

void AtomicFile::write_block() {
  const bool first = written_.size == 0;
  written_.add(block_);
  write_all(block_, path_, [&](std::span<const std::byte> bytes) {
    return ::write(file_.get(), bytes.data(), bytes.size());
  });
  if (first) first_block_.swap(block_);
  block_.clear();
}

void AtomicFile::rewrite_start(std::span<const std::byte> bytes) {
  if (!file_.is_open()) throw std::logic_error("AtomicFile::rewrite_start after close_and_check");
  const bool in_memory = first_block_.empty();
  std::vector<std::byte>& start = in_memory ? block_ : first_block_;
  if (bytes.size() > start.size()) {
    throw std::logic_error("AtomicFile::rewrite_start: only the first block can be rewritten");
  }
  const std::vector<std::byte> old = start;
  std::copy(bytes.begin(), bytes.end(), start.begin());
  if (in_memory) return;
  written_.exchange_first(old, start);
  std::size_t offset = 0;
  write_all(bytes, path_, [&](std::span<const std::byte> rest) {
    const ssize_t count =
        ::pwrite(file_.get(), rest.data(), rest.size(), static_cast<off_t>(offset));
    if (count > 0) offset += static_cast<std::size_t>(count);
    return count;
  });
}

void AtomicFile::close_and_check() {
  if (!file_.is_open()) throw std::logic_error("AtomicFile::close_and_check twice");
  if (!block_.empty()) write_block();
  while (::fsync(file_.get()) != 0) {
    if (errno != EINTR) refuse(path_, why_not_written(errno));
  }
  // Linux has closed the file even when it reports an interruption.
  if (::close(file_.release()) != 0 && errno != EINTR) refuse(path_, why_not_written(errno));
  const Digest found = read_back();
  if (found.size != written_.size) {
    refuse(path_, written_.size, " bytes were written, but ", found.size, " are read back");
  }
  if (found.hash != written_.hash) refuse(path_, "other bytes are read back than were written");
}

AtomicFile::Digest AtomicFile::read_back() const {
  const FileDescriptor file(::open(partial_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) refuse(path_, "it cannot be read back: ", why_not_written(errno));
  std::vector<std::byte> block(kBlockBytes);
  Digest found;
  while (const std::size_t count = read_block(file.get(), block, path_)) {
    found.add(std::span(block).first(count));
  }
  return found;
}

void AtomicFile::commit() {
  if (file_.is_open()) throw std::logic_error("AtomicFile::commit before close_and_check");
  if (partial_.empty()) throw std::logic_error("AtomicFile::commit twice");
  if (std::rename(partial_.c_str(), path_.c_str()) != 0) refuse(path_, why_not_written(errno));
  partial_.clear();
  flush_directory(path_);
}

void write_file_atomically(const std::string& path, std::span<const std::byte> bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.close_and_check();
  file.commit();
}

void remove_abandoned(const std::string& directory, const std::vector<std::string>& prefixes) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    const bool ours = std::ranges::any_of(
        prefixes, [&](const std::string& prefix) { return name.starts_with("." + prefix); });
    std::error_code left;
    if (ours && name.ends_with(".partial")) std::filesystem::remove(entry.path(), left);
  }
}

}  // namespace lora
