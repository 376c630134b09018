// lora-train merge: adapters into their base.
#pragma once

#include <vector>

#include "options.h"
#include "setting.h"

namespace lora::cli {

/// Writes the base with its adapters folded in, or one adapter that adds what several add. Returns
/// the exit code.
int run_merge(Options& options, const std::vector<Setting>& settings);

}  // namespace lora::cli
