#include "lora/io/layer_names.h"

#include "support/catch.h"

using namespace lora;

TEST_CASE("a layer is called as its weight without the ending", "[io]") {
  CHECK(layer_path_of("model.head.weight") == "model.head");
  CHECK(layer_path_of("weight") == "linear");
  CHECK(layer_path_of("") == "linear");
  CHECK(layer_path_of("W") == "W");
  CHECK(layer_path_of("a.weight.weight") == "a.weight");
}

TEST_CASE("a bias stands beside its weight", "[io]") {
  CHECK(bias_beside("model.head.weight") == "model.head.bias");
  CHECK(bias_beside("weight") == "bias");
  CHECK(bias_beside("W") == "W.bias");
}
