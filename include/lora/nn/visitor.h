// The one walk over a model: whoever attaches, loads, saves, counts or optimises is a visitor.
#pragma once

#include <string>

#include "lora/core/frozen_matrix.h"
#include "lora/core/parameter.h"

namespace lora {

class Linear;

/// Each method does nothing unless it is overridden. Names are dotted paths as in PyTorch's state
/// dict: "head", "head.weight", "head.lora_A.weight".
class Visitor {
 public:
  virtual ~Visitor() = default;

  /// Called before the parts of the layer.
  virtual void linear(const std::string& /*name*/, Linear& /*layer*/) {}
  virtual void parameter(const std::string& /*name*/, Parameter& /*parameter*/) {}
  virtual void frozen(const std::string& /*name*/, const FrozenMatrix& /*weight*/) {}
};

/// Joins the parts of a path: "" + "head" is "head".
inline std::string join_path(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : prefix + "." + name;
}

}  // namespace lora
