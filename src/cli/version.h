// What this binary is.
#pragma once

#include <string>

namespace lora::cli {

/// Version, compiler, and what is compiled in; one fact a line.
std::string version_text();

}  // namespace lora::cli
