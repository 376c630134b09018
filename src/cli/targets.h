// Which layers an adapter is for, and what differs among them.
#pragma once

#include <string>
#include <vector>

#include "lora/artifact/peft_config.h"
#include "options.h"

namespace lora::cli {

/// Those of these layers that --targets means; all of them without it. Throws Error(usage) for a
/// target that fits none, with the nearest.
std::vector<std::string> targeted_layers(const Options& options,
                                         const std::vector<std::string>& layers);

/// What the options say of the adapter, for these adapted layers. Throws Error(usage) for a pattern
/// that fits none of them, with the nearest.
PeftConfig adapter_config(const Options& options, const std::vector<std::string>& layers);

/// Whether a target means the layer at `path`: its name, the end of it behind a point, a glob or a
/// regular expression for all of it, or "all-linear".
bool target_fits(const std::string& target, const std::string& path);

}  // namespace lora::cli
