#include "lora/optim/lion.h"

#include "optim/one_number.h"
#include "support/catch.h"

using namespace lora;
using lora::test::OneNumber;

TEST_CASE("Lion steps by the sign of a blend and keeps another blend", "[optim][lion]") {
  // Every number here is exact in binary.
  OneNumber number(1);
  Lion lion({0.5, 0.75, {}}, number.groups(1));
  CHECK(number.after(lion, 0.25, 2) == 0.5);       // 0.75 · 1 − 0.25; m = 0.25 · 2
  CHECK(number.after(lion, 0.25, -0.5) == 0.375);  // 0.5 · 0.5 − 0.5 · 0.5 is 0: decay alone;
                                                   // m = 0.75 · 0.5 − 0.25 · 0.5 = 0.25
  CHECK(number.after(lion, 0.25, -1) == 0.53125);  // 0.5 · 0.25 − 0.5 · 1 < 0: 0.75 · 0.375 + 0.25
}

TEST_CASE("Lion leaves alone what has no gradient and no decay", "[optim][lion]") {
  OneNumber number(1);
  Lion lion({}, number.groups());
  CHECK(number.after(lion, 0.25, 0) == 1);
}
