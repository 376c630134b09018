// lora-train extract
#pragma once

#include <vector>

#include "options.h"
#include "setting.h"

namespace lora::cli {

int run_extract(Options& options, const std::vector<Setting>& settings);

}  // namespace lora::cli
