// What this binary is.
#pragma once

#include <string>

namespace lora::cli {

/// "0.1.0".
std::string version_number();

/// Version, compiler, and what is compiled in; one fact a line.
std::string version_text();

}  // namespace lora::cli
