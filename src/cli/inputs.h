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

/// Refuses, before anything is computed, outputs that would replace something by mistake: `outputs`
/// are the paths to be written, `option` names where they come from. An output that is also an
/// input is refused in any case, one that is there already unless `may_replace`.
void check_outputs(const std::string& option, const std::vector<std::string>& outputs,
                   const Options& options, bool may_replace);

/// The options with the base's file, which may come from an adapter's record.
Options with_base(const Options& options, const std::string& base);

}  // namespace lora::cli
