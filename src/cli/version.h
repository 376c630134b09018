// What this binary is.
#pragma once

#include <string>

namespace lora::cli {

/// "0.1.0".
std::string version_number();

/// "653b54a1c0de", with "-dirty" behind it if files differ from that commit; "unknown" if the
/// sources came without git. Its source is written by the build, whenever it changes.
std::string commit();

/// What decides the bits of a result beside the input: processor, instructions in use, compiler.
std::string processor_text();

/// Version, commit, compiler, instructions, and what is compiled in; one fact a line.
std::string version_text();

}  // namespace lora::cli
