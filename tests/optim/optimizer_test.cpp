// What holds for every optimiser of the table.
#include "lora/optim/optimizer.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "optim/optimizer_listing.h"
#include "support/catch.h"
#include "support/matrices.h"
#include "support/same_bits.h"
#include "support/state.h"

using namespace lora;
using namespace lora::test;

namespace {

Parameter trained(std::uint32_t seed) {
  Parameter parameter{fractions(3, 4, seed), {}};
  parameter.set_trainable(true);
  return parameter;
}

void take_steps(Optimizer& optimizer, TwoParameters& parameters, int first, int last) {
  for (int step = first; step < last; ++step) {
    parameters.set_gradients(step);
    optimizer.step(0.01, kGradientScale);
  }
}

State state_of(Optimizer& optimizer) {
  State state;
  StateWriter writer(state);
  optimizer.visit_state(writer);
  return state;
}

}  // namespace

TEST_CASE("every optimiser finds the bottom of a bowl and leaves gradients alone", "[optim]") {
  REQUIRE(optimizer_kinds().size() >= 6);
  for (const OptimizerKind& kind : optimizer_kinds()) {
    INFO(kind.name);
    Parameter parameter = trained(1);
    const Matrix bottom = fractions(3, 4, 2);
    const auto optimizer = kind.make({}, {{{&parameter}, 0}});
    for (int step = 0; step < 500; ++step) {
      const Matrix gradient = 2 * (parameter.value - bottom);
      parameter.grad = gradient;
      optimizer->step(step < 300 ? 0.3 : 0.01, 1);
      REQUIRE(same_bits(parameter.grad, gradient));
    }
    CHECK((parameter.value - bottom).cwiseAbs().maxCoeff() < Real{0.05F});
  }
}

TEST_CASE("every optimiser goes on from its written state with the same bits", "[optim]") {
  for (const OptimizerKind& kind : optimizer_kinds()) {
    for (const OptimizerOptions& options : varied_options(kind)) {
      INFO(kind.name << ", beta1 " << options.beta1.value_or(-1) << ", momentum "
                     << options.momentum << ", nesterov " << options.nesterov);
      TwoParameters whole;
      const auto first = whole.optimizer(kind, options, 0.1);
      take_steps(*first, whole, 0, 7);
      const State state = state_of(*first);
      const Matrix plain = whole.plain.value;
      const Matrix decayed = whole.decayed.value;
      take_steps(*first, whole, 7, 12);

      const auto go_on = [&](bool with_state) {
        TwoParameters rest;
        rest.plain.value = plain;
        rest.decayed.value = decayed;
        const auto second = rest.optimizer(kind, options, 0.1);
        StateReader reader(state);
        if (with_state) second->visit_state(reader);
        take_steps(*second, rest, 7, 12);
        return same_bits(rest.plain.value, whole.plain.value) &&
               same_bits(rest.decayed.value, whole.decayed.value);
      };
      CHECK(go_on(true));
      CHECK(go_on(false) == state.matrices.empty());
    }
  }
}

TEST_CASE("every optimiser's state carries its name", "[optim]") {
  for (const OptimizerKind& kind : optimizer_kinds()) {
    for (const OptimizerOptions& options : varied_options(kind)) {
      TwoParameters parameters;
      const State state = state_of(*parameters.optimizer(kind, options, 0));
      const std::string prefix = std::string(kind.name) + ".";
      std::vector<std::string> names;
      for (const auto& [name, value] : state.matrices) names.push_back(name);
      for (const auto& [name, value] : state.wholes) names.push_back(name);
      for (const std::string& name : names) {
        CAPTURE(name);
        CHECK(name.starts_with(prefix));
      }
    }
  }
}

TEST_CASE("a group's ratio multiplies its learning rate", "[optim]") {
  for (const OptimizerKind& kind : optimizer_kinds()) {
    INFO(kind.name);
    Parameter by_ratio = trained(1);
    Parameter by_rate = by_ratio;
    const auto first = kind.make({}, {{{&by_ratio}, 0.1, 4}});
    const auto second = kind.make({}, {{{&by_rate}, 0.1, 1}});
    for (std::uint32_t step = 0; step < 5; ++step) {
      by_ratio.grad = by_rate.grad = fractions(3, 4, 100 + step);
      first->step(0.01, 1);
      second->step(0.04, 1);
    }
    CHECK(same_bits(by_ratio.value, by_rate.value));
  }
}

TEST_CASE("without gradients only weight decay moves a parameter, towards zero", "[optim]") {
  for (const OptimizerKind& kind : optimizer_kinds()) {
    INFO(kind.name);
    Parameter kept = trained(1);
    Parameter decayed = kept;
    const Matrix start = kept.value;
    const auto optimizer = kind.make({}, {{{&kept}, 0}, {{&decayed}, 0.5}});
    optimizer->step(0.001, 1);
    CHECK(same_bits(kept.value, start));
    CHECK((decayed.value.cwiseAbs().array() < start.cwiseAbs().array()).all());
  }
}

TEST_CASE("the table says which options an optimiser uses", "[optim]") {
  const std::map<std::string, std::vector<std::string>> expected = {
      {"adam", {"beta1", "beta2", "eps"}},
      {"adamw", {"beta1", "beta2", "eps"}},
      {"sgd", {"momentum", "nesterov"}},
      {"rmsprop", {"beta2", "eps", "momentum"}},
      {"adagrad", {"eps"}},
      {"lion", {"beta1", "beta2"}},
  };
  std::map<std::string, std::vector<std::string>> used;
  for (const OptimizerKind& kind : optimizer_kinds()) {
    used[std::string(kind.name)] = used_options(kind);
  }
  CHECK(used == expected);
}

TEST_CASE("an option changes the steps of exactly the optimisers that use it", "[optim]") {
  const std::map<std::string, OptimizerOptions> changes = {
      {"beta1", {0.3, {}, {}}},
      {"beta2", {{}, 0.5, {}}},
      {"eps", {{}, {}, 0.1}},
      {"momentum", {{}, {}, {}, 0.9}},
  };
  for (const OptimizerKind& kind : optimizer_kinds()) {
    const std::vector<std::string> used = used_options(kind);
    TwoParameters before;
    take_steps(*before.optimizer(kind, {}, 0.1), before, 0, 5);
    for (const auto& [name, options] : changes) {
      INFO(kind.name << ", " << name);
      TwoParameters after;
      take_steps(*after.optimizer(kind, options, 0.1), after, 0, 5);
      const bool uses = std::ranges::find(used, name) != used.end();
      CHECK(same_bits(after.plain.value, before.plain.value) != uses);
    }
  }
}

TEST_CASE("options that are not given are the defaults of the table", "[optim]") {
  for (const OptimizerKind& kind : optimizer_kinds()) {
    INFO(kind.name);
    const OptimizerDefaults& own = kind.defaults;
    TwoParameters by_default;
    TwoParameters spelt_out;
    take_steps(*by_default.optimizer(kind, {}, 0.1), by_default, 0, 5);
    take_steps(
        *spelt_out.optimizer(kind, {own.beta1, own.beta2, own.eps, own.momentum.value_or(0)}, 0.1),
        spelt_out, 0, 5);
    CHECK(same_bits(by_default.plain.value, spelt_out.plain.value));
    CHECK(same_bits(by_default.decayed.value, spelt_out.decayed.value));
  }
}
