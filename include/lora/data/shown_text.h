// Text from a file in a message: short, in quotes, and harmless to a terminal.
#pragma once

#include <string>
#include <string_view>

namespace lora {

/// True if `text` is well-formed UTF-8.
bool is_utf8(std::string_view text);

/// `text` in single quotes: cut after some forty characters, control characters and bytes that are
/// not UTF-8 as \t, \n, \r or \xNN. The result is UTF-8.
std::string shown(std::string_view text);

}  // namespace lora
