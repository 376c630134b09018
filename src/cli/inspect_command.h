// lora-train inspect: what files hold.
#pragma once

#include <vector>

#include "options.h"
#include "setting.h"

namespace lora::cli {

/// Prints what each path holds: a table, an array, an archive or weight file, a directory of an
/// adapter or of checkpoints. Returns the exit code.
int run_inspect(Options& options, const std::vector<Setting>& settings);

}  // namespace lora::cli
