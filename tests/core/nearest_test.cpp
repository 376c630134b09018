#include "lora/core/nearest.h"

#include <string>
#include <vector>

#include "support/catch.h"

using namespace lora;

TEST_CASE("the nearest name is the one that was probably meant", "[core][nearest]") {
  struct Row {
    std::string word;
    std::vector<std::string> known;
    std::string expected;
  };
  const std::vector<Row> rows = {
      {"haed", {"body", "head"}, "head"},       // swapped
      {"taget", {"target", "rate"}, "target"},  // missing
      {"learning-rat", {"lr", "learning-rate"}, "learning-rate"},
      {"Target", {"x", "target"}, "target"},  // case
      {"TARGET", {"target"}, "target"},
      {"batchsize", {"batch-size", "baptise"}, "batch-size"},
      {"price", {"y", "house_price"}, "house_price"},  // a part of it
      {"model.layers.0.head", {"tail", "head"}, "head"},
      {"epoch", {"epochs", "epoche"}, "epochs"},  // the first of equals
      {"abcdef", {"abcxyz"}, ""},                 // three of six letters
      {"abcdef", {"abcdxy"}, "abcdxy"},           // two of six
      {"y", {"x", "z"}, ""},
      {"at", {"weight", "data"}, ""},  // too short to be a part
      {"anything", {}, ""},
      {"", {"x", "head"}, ""},
  };
  for (const Row& row : rows) {
    INFO(row.word);
    CHECK(nearest(row.word, row.known) == row.expected);
  }
}

TEST_CASE("a nearer name wins over a part of a far one", "[core][nearest]") {
  CHECK(nearest("head", {"model.layers.0.head", "heads"}) == "heads");
}
