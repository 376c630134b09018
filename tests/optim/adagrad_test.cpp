#include "lora/optim/adagrad.h"

#include "optim/one_number.h"
#include "support/catch.h"

using namespace lora;
using lora::test::OneNumber;

// Every number here is exact in binary.

TEST_CASE("Adagrad divides the gradient by the root of the sum of all squares",
          "[optim][adagrad]") {
  OneNumber number(1);
  Adagrad adagrad({{}, {}, 3}, number.groups());
  CHECK(number.after(adagrad, 0.5, 3) == 0.75);  // 3 / (√9 + 3)
  CHECK(number.after(adagrad, 0.5, 4) == 0.5);   // 4 / (√25 + 3)
}

TEST_CASE("Adagrad adds weight decay to the gradient", "[optim][adagrad]") {
  OneNumber number(1);
  Adagrad adagrad({{}, {}, 3}, number.groups(1));
  CHECK(number.after(adagrad, 0.5, 2) == 0.75);  // (2 + 1 · 1) / (√9 + 3)
}
