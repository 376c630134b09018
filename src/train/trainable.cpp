#include "lora/train/trainable.h"

#include "lora/nn/visitor.h"

namespace lora {

namespace {

class TrainableVisitor : public Visitor {
 public:
  void parameter(const std::string& name, Parameter& parameter) override {
    if (parameter.trainable()) found.push_back({name, &parameter});
  }

  std::vector<NamedParameter> found;
};

ParameterRole role_of(const NamedParameter& named) {
  if (named.name.ends_with("bias")) return ParameterRole::bias;
  if (named.name.ends_with("lora_B.weight")) return ParameterRole::lora_b;
  if (named.name.ends_with("lora_magnitude_vector")) return ParameterRole::magnitude;
  return ParameterRole::weight;
}

}  // namespace

std::vector<NamedParameter> trainable_parameters(Model& model) {
  TrainableVisitor walk;
  model.visit(walk);
  return walk.found;
}

std::vector<ParameterGroup> parameter_groups(const std::vector<NamedParameter>& parameters,
                                             const ParameterGroupOptions& options) {
  std::vector<TrainedParameter> trained;
  trained.reserve(parameters.size());
  for (const NamedParameter& named : parameters) {
    trained.push_back({named.parameter, role_of(named)});
  }
  return parameter_groups(trained, options);
}

}  // namespace lora
