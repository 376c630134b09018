#include "lora/optim/sgd.h"

#include <string>

#include "lora/core/error.h"
#include "optim/one_number.h"
#include "support/catch.h"

using namespace lora;
using lora::test::OneNumber;

// Every number here is exact in binary.

TEST_CASE("SGD goes down the decayed gradient", "[optim][sgd]") {
  OneNumber number(1);
  Sgd sgd({}, number.groups(0.5));
  CHECK(number.after(sgd, 0.5, 1) == 0.25);     // 1 − 0.5 · (1 + 0.5 · 1)
  CHECK(number.after(sgd, 0.5, 1) == -0.3125);  // 0.25 − 0.5 · (1 + 0.5 · 0.25)
}

TEST_CASE("SGD with momentum goes on with half of its last step", "[optim][sgd]") {
  OneNumber number(1);
  Sgd sgd({{}, {}, {}, 0.5}, number.groups(0.5));
  CHECK(number.after(sgd, 0.5, 1) == 0.25);     // m = 1.5
  CHECK(number.after(sgd, 0.5, 1) == -0.6875);  // m = 0.5 · 1.5 + 1.125 = 1.875
}

TEST_CASE("Nesterov's step looks ahead by its momentum", "[optim][sgd]") {
  OneNumber number(1);
  Sgd sgd({{}, {}, {}, 0.5, true}, number.groups());
  CHECK(number.after(sgd, 0.5, 1) == 0.25);    // m = 1; 1 − 0.5 · (1 + 0.5 · 1)
  CHECK(number.after(sgd, 0.5, 1) == -0.625);  // m = 1.5; 0.25 − 0.5 · (1 + 0.5 · 1.5)
}

TEST_CASE("Nesterov's step without momentum is refused", "[optim][sgd]") {
  try {
    Sgd sgd({{}, {}, {}, 0, true}, {});
    FAIL("was taken");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK(std::string(error.what()) == "nesterov needs a momentum above 0, such as 0.9, not 0");
  }
}
