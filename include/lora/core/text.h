// Text that comes from a file: whether it is UTF-8, and how a sentence shows it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lora {

/// The position of the first byte that does not belong to valid UTF-8 (RFC 3629: no overlong forms,
/// no surrogates), or npos.
std::size_t find_invalid_utf8(std::string_view text);

inline bool is_utf8(std::string_view text) {
  return find_invalid_utf8(text) == std::string_view::npos;
}

/// The parts of `text` between separators, at least one; they may be empty.
std::vector<std::string> split(std::string_view text, char separator);

/// 'text' for an error sentence: on one line, harmless to a terminal, and in UTF-8. Control
/// characters and bytes that are not UTF-8 become \t, \n, \r or \xNN; it is cut after 60
/// characters.
std::string in_quotes(std::string_view text);

}  // namespace lora
