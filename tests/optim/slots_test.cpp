#include "lora/optim/slots.h"

#include <string>
#include <vector>

#include "lora/core/error.h"
#include "support/catch.h"
#include "support/state.h"

using namespace lora;
using namespace lora::test;

TEST_CASE("slots follow the groups and start with zeros of their parameter's shape", "[optim]") {
  Parameter a{Matrix::Ones(2, 3), {}};
  Parameter b{Matrix::Ones(4, 1), {}};
  Parameter c{Matrix::Ones(1, 5), {}};
  Slots slots("some", {"m", "v"}, {{{&a, &b}, 0.5, 2}, {{&c}, 0}});

  std::vector<const Parameter*> parameters;
  std::vector<double> decays;
  std::vector<double> ratios;
  for (const Slot& slot : slots) {
    parameters.push_back(slot.parameter);
    decays.push_back(slot.weight_decay);
    ratios.push_back(slot.lr_ratio);
  }
  CHECK(parameters == std::vector<const Parameter*>{&a, &b, &c});
  CHECK(decays == std::vector<double>{0.5, 0.5, 0});
  CHECK(ratios == std::vector<double>{2, 2, 1});

  State state;
  StateWriter writer(state);
  slots.visit_state(writer);
  std::vector<std::string> names;
  for (const auto& [name, moment] : state.matrices) {
    names.push_back(name);
    CHECK(moment.isZero(0));
  }
  CHECK(names == std::vector<std::string>{"some.m.0", "some.m.1", "some.m.2", "some.v.0",
                                          "some.v.1", "some.v.2"});
  CHECK(state.matrices.at("some.v.1").rows() == 4);
  CHECK(state.matrices.at("some.v.1").cols() == 1);
}

TEST_CASE("a moment that does not fit its parameter is refused by name and shapes", "[optim]") {
  Parameter a{Matrix::Ones(2, 3), {}};
  Slots slots("some", {"m"}, {{{&a}, 0}});
  State state;
  state.matrices["some.m.0"] = Matrix::Zero(3, 2);
  StateReader reader(state);
  try {
    slots.visit_state(reader);
    FAIL("was taken");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::input);
    CHECK(std::string(error.what()) == "some.m.0: shape (3, 2), but its parameter has (2, 3)");
  }
}
