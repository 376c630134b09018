#include "optim/optimizer_listing.h"
#include "support/catch.h"
#include "support/program.h"

using namespace lora::test;

TEST_CASE("every optimiser takes the same steps in a native build, a portable build and this one",
          "[optim]") {
  const std::string here = optimizer_listing();
  REQUIRE(here.size() > 6 * 100 * 78 * 9);
  CHECK(first_difference(output_of(LORA_PRINT_OPTIMIZERS_PORTABLE), here) == "");
  CHECK(first_difference(output_of(LORA_PRINT_OPTIMIZERS_NATIVE), here) == "");
}
