#include "json_object.h"

#include "lora/core/error.h"
#include "lora/core/json_depth.h"

namespace lora {

nlohmann::ordered_json parse_json_object(std::string_view text, const std::string& path) {
  if (!is_shallow_json(text)) {
    throw Error(ErrorKind::input, path, ": nests lists or objects deeper than any adapter does");
  }
  using Json = nlohmann::ordered_json;
  try {
    Json json = Json::parse(text);
    if (json.is_object()) return json;
  } catch (const Json::parse_error& error) {
    throw Error(ErrorKind::input, path, ": is not JSON from byte ", error.byte,
                " on; is it cut off?");
  } catch (const Json::out_of_range&) {
    throw Error(ErrorKind::input, path, ": holds a number that is too large for a float64");
  }
  throw Error(ErrorKind::input, path, ": is not a JSON object");
}

}  // namespace lora
