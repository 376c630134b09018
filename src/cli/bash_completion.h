// The script that completes command lines in bash.
#pragma once

#include <string>
#include <vector>

#include "shell_option.h"

namespace lora::cli {

std::string bash_completion(const std::vector<ShellOption>& options);

}  // namespace lora::cli
