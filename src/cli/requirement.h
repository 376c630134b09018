// --require: conditions on the figures of a run, which decide its exit code.
#pragma once

#include <string>
#include <vector>

#include "lora/train/observer.h"

namespace lora::cli {

/// Throws Error(usage) for a text that is no condition, NAME<NUMBER with <, <=, > or >=, or one on
/// a figure that is not among the known ones.
void check_requirements(const std::vector<std::string>& texts,
                        const std::vector<std::string>& known);

/// The figure of each condition.
std::vector<std::string> required_figures(const std::vector<std::string>& texts);

/// A sentence about each condition that does not hold for the figures. Throws Error(usage) for a
/// figure that is not among them.
std::vector<std::string> broken_requirements(const std::vector<std::string>& texts,
                                             const Figures& figures);

}  // namespace lora::cli
