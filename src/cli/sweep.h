// --sweep: options that take several values, and what they make together.
#pragma once

#include <string>
#include <vector>

#include "setting.h"

namespace lora::cli {

/// One swept option.
struct SweptOption {
  std::string name;  ///< "lr"; an alias is written out
  std::vector<std::string> values;
};

/// "rank=2,4 lr=1e-3,1e-2": the options in the order given. Throws Error(usage) for what is not of
/// that form, an option that `settings` do not have or that cannot be swept, and one or a value
/// that stands there twice. Whether a value is in its option's range shows when it is set.
std::vector<SweptOption> parse_sweep(const std::string& text, const std::vector<Setting>& settings);

/// Every combination of the values, a value of each option; the last option changes first. Throws
/// Error(usage) if there are too many to be meant.
std::vector<std::vector<std::string>> combinations(const std::vector<SweptOption>& swept);

}  // namespace lora::cli
