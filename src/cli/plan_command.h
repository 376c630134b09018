// lora-train plan: what training would do.
#pragma once

#include <vector>

#include "options.h"
#include "setting.h"

namespace lora::cli {

/// Prints the resolved options, the adapted layers, counts, memory and the time that a few measured
/// steps promise. Nothing is written, and what those steps learn is forgotten. Returns the exit
/// code.
int run_plan(Options& options, const std::vector<Setting>& settings);

}  // namespace lora::cli
