// Options that do not go together.
#pragma once

#include <string_view>

namespace lora::cli {

/// Throws Error(usage) if `option` is given without `other`, which it needs.
void refuse_without(bool given, bool needed, std::string_view option, std::string_view other);

/// Throws Error(usage) if both are given.
void refuse_together(bool a, std::string_view option_a, bool b, std::string_view option_b,
                     std::string_view reason);

}  // namespace lora::cli
