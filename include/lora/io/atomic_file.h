// Output files that are there completely or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lora/io/file_descriptor.h"

namespace lora {

/// Writes to a file beside the target, and renames it over the target when it is complete and
/// checked; until then whatever was there stays untouched. To change several files together, write
/// and check all of them and commit them one after another.
///
/// Every failure is an Error(output) with the path and the reason. A limit on the size of files
/// (`ulimit -f`) is such a failure only if the program ignores SIGXFSZ, as lora-train does;
/// otherwise the signal ends the process. A process that is killed leaves `.NAME.PID.partial`
/// behind, which stands in nobody's way: see remove_abandoned(). Moved only by construction.
class AtomicFile {
 public:
  /// Creates the partial file, with mode 0666 less the umask. The target may be absent, a regular
  /// file or a link to one (the link is then replaced, not followed); a directory, pipe or device
  /// is refused.
  explicit AtomicFile(const std::string& path);

  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Removes the partial file if it was not committed.
  ~AtomicFile();

  const std::string& path() const { return path_; }

  /// Where the content lies until commit(): to be looked at, after close_and_check().
  const std::string& partial_path() const { return partial_; }

  /// Appends; some of it may wait in memory. Not after close_and_check().
  void write(std::span<const std::byte> bytes);

  /// Replaces the first bytes of what was written, for a format whose header has a count that is
  /// known only at the end. Throws std::logic_error if so many were not written, for more than the
  /// first mebibyte, and after close_and_check().
  void rewrite_start(std::span<const std::byte> bytes);

  /// Flushes to the disk, closes, opens again, and compares size and a 64-bit hash (std::hash of
  /// its blocks, combined) of what is read with those of what was written. The bytes may be read
  /// from the system's cache: this finds a file that was cut short or changed, not a bad disk.
  void close_and_check();

  /// Renames the partial file over the target and flushes the directory. After close_and_check().
  void commit();

 private:
  /// The hashes of n blocks as a polynomial: h₁·Kⁿ⁻¹ + h₂·Kⁿ⁻² + … + hₙ, modulo 2^64.
  struct Digest {
    std::uint64_t size = 0;
    std::uint64_t hash = 0;
    std::uint64_t first_factor = 0;  ///< Kⁿ⁻¹

    /// Adds a block: all are of one size but the last.
    void add(std::span<const std::byte> block);

    /// As if the first block had been another one of its size.
    void exchange_first(std::span<const std::byte> old_block, std::span<const std::byte> new_block);
  };

  void write_block();
  Digest read_back() const;

  std::string path_;
  std::string partial_;                 // empty once it is renamed
  FileDescriptor file_;                 // open until it is checked
  std::vector<std::byte> block_;        // not written yet
  std::vector<std::byte> first_block_;  // as it was written; empty before that
  Digest written_;
};

/// Why the system did not write to a file, for a sentence: "the disk is full".
std::string why_not_written(int error);

/// The four steps in one, for content that is in memory.
void write_file_atomically(const std::string& path, std::span<const std::byte> bytes);

/// Removes from `directory` the partial files of killed processes, of files whose names begin with
/// one of `prefixes`. For whoever holds the directory's lock: nobody else is writing such files.
void remove_abandoned(const std::string& directory, const std::vector<std::string>& prefixes);

}  // namespace lora
