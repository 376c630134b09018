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

/// Whether a terminal shows `text` as it is: UTF-8 without control characters.
bool is_printable(std::string_view text);

/// Whether `text` is `lower`, but for the case of its ASCII letters; `lower` has no capitals.
bool equal_but_for_case(std::string_view text, std::string_view lower);

/// Whether `text` ends in `lower`, likewise.
bool ends_in(std::string_view text, std::string_view lower);

/// The parts of `text` between separators, at least one; they may be empty.
std::vector<std::string> split(std::string_view text, char separator);

/// 'text' for an error sentence: on one line, harmless to a terminal, and in UTF-8. Control
/// characters and bytes that are not UTF-8 become \t, \n, \r or \xNN; it is cut after 60
/// characters.
std::string in_quotes(std::string_view text);

/// "'a', 'b', …": the first eight of `names`, each as in_quotes() has it.
std::string listed_in_quotes(const std::vector<std::string>& names);

}  // namespace lora
