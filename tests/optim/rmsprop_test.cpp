#include "lora/optim/rmsprop.h"

#include "optim/one_number.h"
#include "support/catch.h"

using namespace lora;
using lora::test::OneNumber;

// Every number here is exact in binary. beta2 is 0.75 and eps 2: a gradient of 4 makes
// v = 0.25 · 16 = 4 and a step of 4 / (2 + 2), and one of 2 then v = 0.75 · 4 + 0.25 · 4 = 4 and a
// step of 2 / (2 + 2), times the learning rate.

TEST_CASE("RMSprop divides the gradient by the root of its mean square", "[optim][rmsprop]") {
  OneNumber number(1);
  RmsProp rmsprop({{}, 0.75, 2}, number.groups());
  CHECK(number.after(rmsprop, 0.5, 4) == 0.5);
  CHECK(number.after(rmsprop, 0.5, 2) == 0.25);
}

TEST_CASE("RMSprop with momentum goes on with half of its last step", "[optim][rmsprop]") {
  OneNumber number(1);
  RmsProp rmsprop({{}, 0.75, 2, 0.5}, number.groups());
  CHECK(number.after(rmsprop, 0.5, 4) == 0.5);
  CHECK(number.after(rmsprop, 0.5, 2) == 0);
}

TEST_CASE("RMSprop adds weight decay to the gradient", "[optim][rmsprop]") {
  OneNumber number(1);
  RmsProp rmsprop({{}, 0.75, 2}, number.groups(1));
  CHECK(number.after(rmsprop, 0.5, 3) == 0.5);
}
