// Regular expressions that come from files and command lines.
#pragma once

#include <string>

namespace lora {

/// Whether the regular expression (ECMAScript's, without back references) fits the whole text. The
/// time grows with the lengths of both, not faster. Throws Error(input) for what is no regular
/// expression, and for one that would be very large if its repetitions were written out.
bool fits_regex(const std::string& expression, const std::string& text);

}  // namespace lora
