// lora-train [train]: trains an adapter.
#pragma once

#include <vector>

#include "options.h"
#include "setting.h"

namespace lora::cli {

/// Trains as the options say, reports, and saves. Returns the exit code.
int run_train(Options& options, const std::vector<Setting>& settings);

/// Refuses a --save that would replace something by mistake. Throws Error(usage).
void check_save(const Options& options);

}  // namespace lora::cli
