// The script that completes command lines in fish.
#pragma once

#include <string>
#include <vector>

#include "shell_option.h"

namespace lora::cli {

std::string fish_completion(const std::vector<ShellOption>& options);

}  // namespace lora::cli
