// What training and evaluation see of a model.
#pragma once

#include "lora/core/batch.h"
#include "lora/core/matrix.h"
#include "lora/core/tape.h"
#include "lora/nn/visitor.h"

namespace lora {

class Model {
 public:
  virtual ~Model() = default;

  virtual Index in_features() const = 0;
  virtual Index out_features() const = 0;

  /// Writes y (n, out). Starts at batch.below if it is filled.
  virtual void forward(const Batch& batch, MutableView y, Tape& tape) const = 0;

  /// Adds to the gradients of the trainable parameters, given dy (n, out).
  virtual void backward(const View& dy, Tape& tape) = 0;

  /// Input and base product of the lowest layer with a trained parameter, in buffers of the tape:
  /// what training does not change.
  virtual Below below(const Batch& batch, Tape& tape) const = 0;

  /// Columns of below().product; 0 if training uses no such product, and below() then is of no use.
  virtual Index below_features() const = 0;

  virtual void visit(Visitor& visitor) = 0;
};

}  // namespace lora
