// The parameters that the walk over a layer or model finds.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "lora/core/parameter.h"
#include "lora/nn/visitor.h"

namespace lora::test {

struct NamedParameter {
  std::string name;
  Parameter* parameter;
};

class Parameters : public Visitor {
 public:
  void parameter(const std::string& name, Parameter& parameter) override {
    all.push_back({name, &parameter});
  }

  Parameter& operator[](const std::string& name) const {
    for (const NamedParameter& found : all) {
      if (found.name == name) return *found.parameter;
    }
    throw std::runtime_error("there is no parameter " + name);
  }

  std::vector<NamedParameter> all;
};

/// All parameters below `layer`, which is called `name`.
template <class Layer>
Parameters parameters_of(Layer& layer, const std::string& name = "layer") {
  Parameters parameters;
  layer.visit(name, parameters);
  return parameters;
}

}  // namespace lora::test
