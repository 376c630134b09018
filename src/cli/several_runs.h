// Several runs of one command, one after another, over inputs that are read once.
#pragma once

#include "lora/report/json_lines.h"
#include "options.h"
#include "standard_output.h"

namespace lora::cli {

/// Trains each of variants_of(options), prints them as a table, and keeps the best: by --keep-best,
/// or of --compare-full the adapter. Returns the exit code. A run whose training goes wrong has its
/// row all the same.
int run_several(const Options& options, StandardOutput& out, JsonLines& json);

}  // namespace lora::cli
