#include "lora/train/trainable.h"

#include <string>
#include <utility>
#include <vector>

#include "lora/core/rng.h"
#include "lora/model/linear_head.h"
#include "lora/nn/dense_adapter.h"
#include "lora/nn/dora_adapter.h"
#include "support/catch.h"

using namespace lora;

namespace {

using AdapterMaker = decltype(AdapterKind::make);

/// A head of five features and three outputs.
LinearHead adapted_head(AdapterMaker make, bool train_bias) {
  Rng rng(1);
  Linear layer = Linear::drawn(5, 3, rng);
  layer.attach(make({.rank = 2}, layer.weight(), rng));
  layer.bias()->set_trainable(train_bias);
  return {"head", std::move(layer)};
}

std::vector<std::string> names_of(const std::vector<NamedParameter>& parameters) {
  std::vector<std::string> names;
  for (const NamedParameter& named : parameters) names.push_back(named.name);
  return names;
}

}  // namespace

TEST_CASE("a parameter without a gradient is not among those that are trained", "[train]") {
  LinearHead model = adapted_head(DoraAdapter::make, /*train_bias=*/false);
  CHECK(names_of(trainable_parameters(model)) ==
        std::vector<std::string>{"head.lora_A.weight", "head.lora_B.weight",
                                 "head.lora_magnitude_vector"});

  model.linear().bias()->set_trainable(true);
  const std::vector<NamedParameter> with_bias = trainable_parameters(model);
  REQUIRE(with_bias.size() == 4);
  CHECK(with_bias[0].name == "head.bias");
  CHECK(with_bias[0].parameter == model.linear().bias());
}

TEST_CASE("names say which parameters are decayed and which learn faster", "[train]") {
  LinearHead model = adapted_head(DoraAdapter::make, /*train_bias=*/true);
  const std::vector<NamedParameter> trainable = trainable_parameters(model);
  REQUIRE(trainable.size() == 4);  // bias, A, B, magnitude
  const std::vector<ParameterGroup> groups =
      parameter_groups(trainable, {.weight_decay = 0.1, .lr_b_ratio = 16});
  REQUIRE(groups.size() == 3);
  CHECK(groups[0].parameters == std::vector<Parameter*>{trainable[0].parameter});
  CHECK(groups[0].weight_decay == 0);
  CHECK(groups[0].lr_ratio == 16);
  CHECK(groups[1].parameters == std::vector<Parameter*>{trainable[1].parameter});
  CHECK(groups[1].weight_decay == 0.1);
  CHECK(groups[1].lr_ratio == 1);
  CHECK(groups[2].parameters ==
        std::vector<Parameter*>{trainable[2].parameter, trainable[3].parameter});
  CHECK(groups[2].weight_decay == 0.1);
  CHECK(groups[2].lr_ratio == 16);
}

TEST_CASE("a whole weight that is trained is decayed, at the step's own rate", "[train]") {
  LinearHead model = adapted_head(DenseAdapter::make, /*train_bias=*/false);
  const std::vector<ParameterGroup> groups =
      parameter_groups(trainable_parameters(model), {.weight_decay = 0.1, .lr_b_ratio = 16});
  REQUIRE(groups.size() == 1);
  CHECK(groups[0].weight_decay == 0.1);
  CHECK(groups[0].lr_ratio == 1);
}

TEST_CASE("without options all parameters are one group", "[train]") {
  LinearHead model = adapted_head(DoraAdapter::make, /*train_bias=*/true);
  const std::vector<ParameterGroup> groups = parameter_groups(trainable_parameters(model));
  REQUIRE(groups.size() == 1);
  CHECK(groups[0].parameters.size() == 4);
  CHECK(groups[0].weight_decay == 0);
  CHECK(groups[0].lr_ratio == 1);
}
