// The command line that does a run again.
#pragma once

#include <string>
#include <vector>

#include "options.h"
#include "setting.h"

namespace lora::cli {

/// A word as a POSIX shell reads it.
std::string shell_word(const std::string& text);

/// "lora-train --data x.csv …": all that was given, on the command line and in the file of
/// --config, as options. What is about outputs that were there already is left out.
std::string repeated_command(const Options& options, const std::vector<Setting>& settings);

}  // namespace lora::cli
