// lora-train eval: how good a model is on given rows.
#pragma once

#include <vector>

#include "options.h"
#include "setting.h"

namespace lora::cli {

/// Prints loss and figures of the rows. Returns the exit code.
int run_eval(Options& options, const std::vector<Setting>& settings);

}  // namespace lora::cli
