#include "lora/core/json_depth.h"

#include <string>

#include "support/catch.h"

using namespace lora;

namespace {

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + "1" + std::string(depth, ']');
}

}  // namespace

TEST_CASE("JSON is shallow up to a depth of 100", "[core][json]") {
  CHECK(is_shallow_json(""));
  CHECK(is_shallow_json(R"({"a": [1, {"b": []}]})"));
  CHECK(is_shallow_json(nested(100)));
  CHECK_FALSE(is_shallow_json(nested(101)));
  CHECK_FALSE(is_shallow_json(std::string(100'000, '[')));
  CHECK_FALSE(is_shallow_json(std::string(101, '{')));
}

TEST_CASE("lists beside one another add no depth, and brackets in strings none", "[core][json]") {
  std::string lists;
  for (int i = 0; i < 1000; ++i) lists += nested(50) + ",";
  CHECK(is_shallow_json(lists));
  CHECK(is_shallow_json('"' + std::string(1000, '[') + '"'));
  CHECK(is_shallow_json(R"("\")" + std::string(1000, '[') + '"'));
  CHECK_FALSE(is_shallow_json(R"("\\")" + std::string(1000, '[')));
}
