// Looking a kind up by the name that a user gave it.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lora/core/error.h"
#include "lora/core/nearest.h"

namespace lora {

/// The names of a room's table, in its order.
template <class Entry>
std::vector<std::string> names_of(std::span<const Entry> table) {
  std::vector<std::string> names;
  for (const Entry& entry : table) names.emplace_back(entry.name);
  return names;
}

/// "a, b, c".
inline std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// The sentence that refuses an unknown name of a `what`, with the nearest and all known ones.
inline std::string unknown_name(std::string_view what, std::string_view name,
                                const std::vector<std::string>& known) {
  const std::string near = nearest(name, known);
  return "unknown " + std::string(what) + " '" + std::string(name) + "'" +
         (near.empty() ? "" : "; did you mean '" + near + "'?") + " (known are " + joined(known) +
         ")";
}

/// The entry called `name`. Throws Error(usage) that lists the known names.
template <class Entry>
const Entry& find_entry(std::span<const Entry> table, std::string_view what,
                        std::string_view name) {
  const auto entry = std::ranges::find(table, name, &Entry::name);
  if (entry == table.end()) {
    throw Error(ErrorKind::usage, unknown_name(what, name, names_of(table)));
  }
  return *entry;
}

}  // namespace lora
