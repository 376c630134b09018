#include "optim/adam_listing.h"
#include "support/catch.h"
#include "support/program.h"

using namespace lora::test;

TEST_CASE("a native build, a portable build and this one take the same steps", "[optim][adam]") {
  const std::string here = adam_listing();
  REQUIRE(here.size() > 400000);
  CHECK(first_difference(output_of(LORA_PRINT_ADAM_PORTABLE), here) == "");
  CHECK(first_difference(output_of(LORA_PRINT_ADAM_NATIVE), here) == "");
}
