// Text that comes from a file: whether it is UTF-8, and how a sentence shows it.
#pragma once

#include <string>
#include <string_view>

namespace lora {

/// The position of the first byte that does not belong to valid UTF-8 (RFC 3629: no overlong forms,
/// no surrogates), or npos.
std::size_t find_invalid_utf8(std::string_view text);

/// 'text' for an error sentence: on one line, with control characters and bytes that are not UTF-8
/// as \xNN, and cut after about 80 bytes.
std::string in_quotes(std::string_view text);

}  // namespace lora
