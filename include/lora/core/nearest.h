// "Did you mean …?": the known name that a misspelt one probably stands for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lora {

/// The name in `known` that is nearest to `word`, or an empty string if none is near. Counts the
/// letters to insert, drop, replace or swap with their neighbour, without regard to case; near is
/// at most one in three of the longer name, or a name that contains the other whole.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace lora
