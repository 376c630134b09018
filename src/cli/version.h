// What this binary is.
#pragma once

#include <string>

namespace lora::cli {

/// "0.1.0".
std::string version_number();

/// What decides the bits of a result beside the input: processor, instructions in use, compiler.
std::string processor_text();

/// Version, compiler, and what is compiled in; one fact a line.
std::string version_text();

}  // namespace lora::cli
