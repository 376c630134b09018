// JSON files that must hold one object.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace lora {

/// The object that `text`, the content of the file at `path`, spells. Throws Error(input) that says
/// where it is no JSON, or that it is something else.
nlohmann::ordered_json parse_json_object(std::string_view text, const std::string& path);

}  // namespace lora
