// lora-train compare: several runs side by side.
#pragma once

#include <vector>

#include "options.h"
#include "setting.h"

namespace lora::cli {

int run_compare(Options& options, const std::vector<Setting>& settings);

}  // namespace lora::cli
