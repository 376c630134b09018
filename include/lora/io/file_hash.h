// The hash of an input file, to say later whether it is still the same.
#pragma once

#include <cstdint>
#include <string>

namespace lora {

struct FileHash {
  std::uint64_t size;  ///< of the file, in bytes
  std::string text;    ///< as hash_file says; the same text means the same file
};

struct FileHashLimits {
  std::uint64_t whole = std::uint64_t{1} << 30U;  ///< the largest file that is read from end to end
  std::uint64_t end = std::uint64_t{16} << 20U;   ///< bytes at each end of a larger one
};

/// Hashes with XXH3 of 128 bits, which is fast and finds accidents, not forgers. A file of at most
/// `limits.whole` bytes gives "xxh3-128:" and 32 hexadecimal digits, those of `xxhsum -H2`. A
/// larger one is not read whole: it gives "xxh3-128-ends:SIZE:TIME:" and the digits for its first
/// and last `limits.end` bytes, one after the other, with the time of its last change in seconds
/// since 1970. Throws Error(input) if the file cannot be read.
FileHash hash_file(const std::string& path, const FileHashLimits& limits = {});

}  // namespace lora
