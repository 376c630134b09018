// lora-train predict: what a model makes of given rows.
#pragma once

#include <vector>

#include "options.h"
#include "setting.h"

namespace lora::cli {

/// Writes a prediction for each row. Returns the exit code.
int run_predict(Options& options, const std::vector<Setting>& settings);

}  // namespace lora::cli
