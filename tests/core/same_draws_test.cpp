#include "core/draw_listing.h"
#include "support/catch.h"
#include "support/program.h"

using namespace lora::test;

TEST_CASE("a native build, a portable build and this one draw the same numbers", "[core][rng]") {
  const std::string here = draw_listing();
  REQUIRE(here.size() > 1000000);
  CHECK(first_difference(output_of(LORA_PRINT_DRAWS_PORTABLE), here) == "");
  CHECK(first_difference(output_of(LORA_PRINT_DRAWS_NATIVE), here) == "");
}
