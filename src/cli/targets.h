// Which layers an adapter is for, and what differs among them.
#pragma once

#include <string>
#include <vector>

#include "lora/artifact/peft_config.h"
#include "options.h"

namespace lora::cli {

/// What the options say of the adapter, for a model with these layers. Throws Error(usage) for a
/// target or pattern that fits none of them, with the nearest.
PeftConfig adapter_config(const Options& options, const std::vector<std::string>& layers);

/// Whether a target means the layer at `path`: its name, the end of it behind a point, a glob or a
/// regular expression for all of it, or "all-linear".
bool target_fits(const std::string& target, const std::string& path);

}  // namespace lora::cli
