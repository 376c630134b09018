#include "lora/io/file_hash.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <sys/stat.h>

#define XXH_INLINE_ALL  // no library to load
#include <xxhash.h>

#include "lora/core/error.h"
#include "lora/io/mapped_file.h"

namespace lora {

namespace {

using Bytes = std::span<const std::byte>;

std::string digits_of(const XXH128_hash_t& hash) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  std::string digits;
  for (const unsigned char byte : canonical.digest) {
    digits += {kDigits[byte >> 4U], kDigits[byte & 15U]};
  }
  return digits;
}

/// Hashes parts of a file without keeping their pages: a large file would otherwise count as memory
/// of the program.
class Hashing {
 public:
  explicit Hashing(const MappedFile& file) : file_(&file) { XXH3_128bits_reset(&state_); }

  void add(std::size_t first, std::size_t count) {
    constexpr std::size_t kPiece = std::size_t{8} << 20U;
    for (const std::size_t end = first + count; first < end; first += kPiece) {
      const Bytes piece = file_->bytes().subspan(first, std::min(kPiece, end - first));
      XXH3_128bits_update(&state_, piece.data(), piece.size());
      file_->forget(piece);
    }
  }

  std::string digits() const { return digits_of(XXH3_128bits_digest(&state_)); }

 private:
  const MappedFile* file_;
  XXH3_state_t state_;
};

std::int64_t time_of_change(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw Error(ErrorKind::input, path, ": cannot be read");
  return status.st_mtime;
}

}  // namespace

FileHash hash_file(const std::string& path, const FileHashLimits& limits) {
  const MappedFile file(path);
  const std::uint64_t size = file.bytes().size();
  Hashing hashing(file);
  if (size <= limits.whole) {
    hashing.add(0, size);
    return {size, "xxh3-128:" + hashing.digits()};
  }
  const std::uint64_t end = std::min(limits.end, size);
  hashing.add(0, end);
  hashing.add(size - end, end);
  return {size, "xxh3-128-ends:" + std::to_string(size) + ":" +
                    std::to_string(time_of_change(path)) + ":" + hashing.digits()};
}

}  // namespace lora
