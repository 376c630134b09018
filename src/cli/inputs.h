// The files that a run reads, and their hashes.
#pragma once

#include <string>
#include <vector>

#include "lora/artifact/run_record.h"
#include "options.h"

namespace lora::cli {

/// Every input file that the options name, with its hash, in the order of the options. `base` is
/// the base's file, which may come from an adapter's record.
std::vector<InputRecord> hashed_inputs(const Options& options, const std::string& base);

/// Refuses an output that is also an input: `outputs` are the paths to be written, `option` names
/// where they come from.
void refuse_inputs(const std::string& option, const std::vector<std::string>& outputs,
                   const Options& options);

/// The options with the base's file, which may come from an adapter's record.
Options with_base(const Options& options, const std::string& base);

}  // namespace lora::cli
