// What of a model is trained, found by the walk.
#pragma once

#include <string>
#include <vector>

#include "lora/core/parameter.h"
#include "lora/model/model.h"
#include "lora/optim/optimizer.h"
#include "lora/optim/parameter_groups.h"

namespace lora {

/// A parameter of a model, which must outlive it, and its path: "head.lora_A.weight".
struct NamedParameter {
  std::string name;
  Parameter* parameter;
};

/// The parameters that have a gradient, in the order of the walk.
std::vector<NamedParameter> trainable_parameters(Model& model);

/// Groups for an optimiser, in which a name that ends in "bias", "lora_B.weight" or
/// "lora_magnitude_vector" says what its parameter is; any other is a weight.
std::vector<ParameterGroup> parameter_groups(const std::vector<NamedParameter>& parameters,
                                             const ParameterGroupOptions& options = {});

}  // namespace lora
