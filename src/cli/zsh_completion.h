// The script that completes command lines in zsh.
#pragma once

#include <string>
#include <vector>

#include "shell_option.h"

namespace lora::cli {

std::string zsh_completion(const std::vector<ShellOption>& options);

}  // namespace lora::cli
