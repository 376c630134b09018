// What the trainer makes small: it sees neither model nor loss.
#pragma once

#include <span>

#include "lora/core/batch.h"
#include "lora/core/group.h"
#include "lora/core/tape.h"
#include "lora/loss/loss.h"
#include "lora/loss/metric.h"
#include "lora/model/model.h"
#include "lora/train/row_shares.h"

namespace lora {

/// Who is shown the outputs.
using Metrics = std::span<Metric* const>;

class Objective {
 public:
  virtual ~Objective() = default;

  /// The loss of a batch, which may be empty: then this process has none of its rows. The tape was
  /// reset. If it is in train mode, the loss's gradient (of the sum) is added to the parameters'
  /// gradients; in infer mode each metric is shown the outputs.
  virtual LossSum evaluate(const Batch& batch, Tape& tape, Metrics metrics) = 0;

  /// Whether evaluate() is of the rows of all processes, not only of the batch's: nothing is left
  /// to be summed over them.
  virtual bool is_of_all_processes() const { return false; }

  /// The first row of the batch (counted within it) whose own loss is not finite, or −1. Of a loss
  /// that compares rows: whose outputs are not.
  virtual Index first_bad_row(const Batch& batch, Tape& tape) = 0;
};

/// Forward through a model, a loss, and back, with a tape reset to train mode: adds the gradient of
/// the loss's sum to those of the parameters, or to where the tape collects them.
LossSum forward_and_backward(Model& model, const Loss& loss, const Batch& batch, Tape& tape);

/// The loss of all processes, given each one's own.
LossSum summed_over(Group& group, const LossSum& own);

/// A model and a loss, which must outlive it. What of the model is trained must be settled when it
/// is made.
class ModelObjective : public Objective {
 public:
  ModelObjective(Model& model, const Loss& loss)
      : model_(&model), loss_(&loss), shares_(model, loss) {}

  LossSum evaluate(const Batch& batch, Tape& tape, Metrics metrics) override;
  Index first_bad_row(const Batch& batch, Tape& tape) override;

 private:
  LossSum train(const Batch& batch, Tape& tape);

  Model* model_;
  const Loss* loss_;
  RowShares shares_;
};

}  // namespace lora
