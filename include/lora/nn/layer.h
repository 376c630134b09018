// What every layer of a model does.
#pragma once

#include <string>

#include "lora/core/matrix.h"
#include "lora/core/tape.h"
#include "lora/nn/visitor.h"

namespace lora {

class Layer {
 public:
  virtual ~Layer() = default;

  virtual Index in_features() const = 0;
  virtual Index out_features() const = 0;

  /// Writes y (n, out) for x (n, in). In train mode leaves on the tape what backward needs; x must
  /// live until then.
  virtual void forward(const View& x, MutableView y, Tape& tape) const = 0;

  /// Adds to the gradients of the trainable parameters, given dy (n, out), the gradient of the loss
  /// with respect to y. Adds the gradient with respect to x to dx (n, in); dx is null if nobody
  /// below wants it, and then it is not computed.
  virtual void backward(const View& dy, MutableView* dx, Tape& tape) = 0;

  /// Shows the layer's parts, their names below `prefix`.
  virtual void visit(const std::string& prefix, Visitor& visitor) = 0;
};

}  // namespace lora
