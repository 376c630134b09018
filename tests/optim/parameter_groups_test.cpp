#include "lora/optim/parameter_groups.h"

#include <string>
#include <vector>

#include "support/catch.h"

using namespace lora;

namespace {

/// A, B, the magnitudes and the bias of two layers, in the order of a walk.
struct TwoLayers {
  Parameter a1, b1, magnitude1, bias1, a2, b2, magnitude2, bias2;

  std::vector<TrainedParameter> all() {
    using enum ParameterRole;
    return {{&bias1, bias}, {&a1, weight}, {&b1, lora_b}, {&magnitude1, magnitude},
            {&bias2, bias}, {&a2, weight}, {&b2, lora_b}, {&magnitude2, magnitude}};
  }
};

struct Settings {
  double weight_decay;
  double lr_ratio;
  bool operator==(const Settings&) const = default;
};

Settings settings_of(const Parameter& parameter, const std::vector<ParameterGroup>& groups) {
  std::vector<Settings> found;
  for (const ParameterGroup& group : groups) {
    for (const Parameter* member : group.parameters) {
      if (member == &parameter) found.push_back({group.weight_decay, group.lr_ratio});
    }
  }
  REQUIRE(found.size() == 1);  // each is in one group, once
  return found[0];
}

}  // namespace

TEST_CASE("B, magnitudes and biases learn faster, and biases are not decayed", "[optim][groups]") {
  TwoLayers layers;
  const auto groups = parameter_groups(layers.all(), {0.1, false, 16});
  CHECK(groups.size() == 3);
  for (const Parameter* a : {&layers.a1, &layers.a2}) {
    CHECK(settings_of(*a, groups) == Settings{0.1, 1});
  }
  for (const Parameter* fast : {&layers.b1, &layers.b2, &layers.magnitude1, &layers.magnitude2}) {
    CHECK(settings_of(*fast, groups) == Settings{0.1, 16});
  }
  for (const Parameter* bias : {&layers.bias1, &layers.bias2}) {
    CHECK(settings_of(*bias, groups) == Settings{0, 16});
  }
}

TEST_CASE("biases are decayed if that is asked for", "[optim][groups]") {
  TwoLayers layers;
  const auto groups = parameter_groups(layers.all(), {0.1, true, 1});
  REQUIRE(groups.size() == 1);
  CHECK(groups[0].weight_decay == 0.1);
  CHECK(groups[0].lr_ratio == 1);
}

TEST_CASE("a group keeps the order in which its parameters come", "[optim][groups]") {
  TwoLayers layers;
  const auto groups = parameter_groups(layers.all(), {});
  REQUIRE(groups.size() == 1);
  std::vector<Parameter*> expected;
  for (const TrainedParameter& trained : layers.all()) expected.push_back(trained.parameter);
  CHECK(groups[0].parameters == expected);
}

TEST_CASE("nothing to train makes no group", "[optim][groups]") {
  CHECK(parameter_groups({}, {0.1, false, 2}).empty());
}
