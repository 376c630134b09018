// The manual page, from the tables of options and commands.
#pragma once

#include <string>
#include <vector>

#include "setting.h"

namespace lora::cli {

/// As roff with the macros of man(7), in ASCII.
std::string man_page(const std::vector<Setting>& settings);

}  // namespace lora::cli
