// How deep a JSON text nests, before a tree is made of it.
#pragma once

#include <string_view>

namespace lora {

/// Whether lists and objects stand within one another to a depth that code which walks them, one
/// call for each level, can take: up to 100. No file of an adapter or of a run comes near it.
bool is_shallow_json(std::string_view text);

}  // namespace lora
