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

/// Of both, one after the other.
XXH128_hash_t hash_of(Bytes first, Bytes second) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  XXH3_128bits_update(&state, first.data(), first.size());
  XXH3_128bits_update(&state, second.data(), second.size());
  return XXH3_128bits_digest(&state);
}

std::int64_t time_of_change(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw Error(ErrorKind::input, path, ": cannot be read");
  return status.st_mtime;
}

}  // namespace

FileHash hash_file(const std::string& path, const FileHashLimits& limits) {
  const MappedFile file(path);
  const Bytes bytes = file.bytes();
  if (bytes.size() <= limits.whole) {
    return {bytes.size(), "xxh3-128:" + digits_of(XXH3_128bits(bytes.data(), bytes.size()))};
  }
  const std::size_t end = std::min<std::uint64_t>(limits.end, bytes.size());
  return {bytes.size(), "xxh3-128-ends:" + std::to_string(bytes.size()) + ":" +
                            std::to_string(time_of_change(path)) + ":" +
                            digits_of(hash_of(bytes.first(end), bytes.last(end)))};
}

}  // namespace lora
