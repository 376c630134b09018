// Scripts that complete command lines of the program, and the table of the shells.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shell_option.h"

namespace lora::cli {

struct Shell {
  std::string_view name;
  /// Knows commands, the options of each, and what their values can be.
  std::string (*script)(const std::vector<ShellOption>& options);
};

std::span<const Shell> shells();

}  // namespace lora::cli
