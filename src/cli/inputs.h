// The files that a run reads, and their hashes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lora/artifact/run_record.h"
#include "lora/io/file_descriptor.h"
#include "options.h"

namespace lora::cli {

/// Throws Error(input) if a file of this process is not the first one's.
void check_same_inputs(const Options& options);

/// Every input file that the options name, with its hash, in the order of the options. `base` is
/// the base's file, which may come from an adapter's record.
std::vector<InputRecord> hashed_inputs(const Options& options, const std::string& base);

/// Sees whether another program changes the input files that the options name, from its making on.
class InputWatch {
 public:
  /// What cannot be opened is left to its reader, who says why.
  explicit InputWatch(const Options& options);

  /// Also the base, where an adapter's record names it.
  void add_base(const std::string& file);

  /// Throws Error(input) if a file has another content than at first, or if another file has taken
  /// its place: what was read of it may be of both.
  void check_read() const;

  /// From now on only the files of these options count: those that are used where they lie.
  void watch_only(const std::vector<std::string>& options);

  /// Throws Error(input) if a file has another content than at first. A file that was replaced, or
  /// deleted, goes on being what it was for whoever has it open.
  void check_content() const;

 private:
  struct Watched {
    std::string option;
    std::string path;
    FileDescriptor file;
    std::int64_t size;
    std::int64_t changed;  // when, in nanoseconds
  };

  void add(const std::string& option, const std::string& path);

  std::vector<Watched> files_;
};

/// Refuses, before anything is computed, outputs that would replace something by mistake: `outputs`
/// are the paths to be written, `option` names where they come from. An output that is also an
/// input is refused in any case, one that is there already unless `may_replace`.
void check_outputs(const std::string& option, const std::vector<std::string>& outputs,
                   const Options& options, bool may_replace);

/// The options with the base's file, which may come from an adapter's record.
Options with_base(const Options& options, const std::string& base);

}  // namespace lora::cli
