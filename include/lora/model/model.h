// What training and evaluation see of a model.
#pragma once

#include <memory>

#include "lora/core/batch.h"
#include "lora/core/matrix.h"
#include "lora/core/tape.h"
#include "lora/nn/visitor.h"

namespace lora {

/// How many columns Model::below() gives that are worth keeping.
struct BelowFeatures {
  Index input = 0;    ///< 0 if they are the batch's own
  Index product = 0;  ///< 0 if training uses no such product

  Index all() const { return input + product; }
};

/// From rows (n, in) to outputs (n, out). Several threads call forward and backward at the same
/// time, each for rows of its own and with a tape of its own that collects the gradients.
class Model {
 public:
  virtual ~Model() = default;

  /// A model of the same frozen weights, which must outlive it, with no adapters and nothing
  /// trained.
  virtual std::unique_ptr<Model> without_adapters() const = 0;

  virtual Index in_features() const = 0;
  virtual Index out_features() const = 0;

  /// Writes y (n, out). Starts at batch.below if it is filled.
  virtual void forward(const Batch& batch, MutableView y, Tape& tape) const = 0;

  /// Adds to the gradients of the trainable parameters, given dy (n, out).
  virtual void backward(const View& dy, Tape& tape) = 0;

  /// Input and base product of the lowest layer with a trained parameter, in buffers of the tape:
  /// what training does not change.
  virtual Below below(const Batch& batch, Tape& tape) const = 0;

  virtual BelowFeatures below_features() const = 0;

  /// The one walk: shows every layer, parameter and frozen weight once, always in the same order.
  virtual void visit(Visitor& visitor) = 0;
};

}  // namespace lora
