// A batch cut into shares of its rows, which are computed at the same time.
#pragma once

#include <exception>
#include <memory>
#include <vector>

#include "lora/core/batch.h"
#include "lora/core/compute.h"
#include "lora/core/gradients.h"
#include "lora/core/profile.h"
#include "lora/core/tape.h"
#include "lora/loss/loss.h"
#include "lora/model/model.h"

namespace lora {

/// Into how many shares a batch is cut, and into how large blocks each share: a function of shapes
/// alone, so that no number depends on the threads.
struct SharePlan {
  Index shares = 1;
  Index share_rows = 0;
  Index block_rows = 0;
};

/// What a model's shapes say of the work on one row.
struct RowWork {
  explicit RowWork(Model& model);

  bool draws = false;               ///< random numbers, so that the rows must come in order
  bool has_wide_parameter = false;  ///< one that is no factor of low rank
  Index features = 0;               ///< numbers of the row that are worked on
  double trained = 0;               ///< numbers of all trained parameters
  double frozen_lowest = 0;         ///< of the lowest trained layer's weight
  double frozen_above = 0;          ///< of all weights above it
  std::vector<Parameter*> parameters;
};

/// Forward, loss and backward of a batch, each share on a thread of its own with a tape and
/// gradients of its own, which are then added in the order of the rows. A share goes through its
/// rows in blocks whose numbers stay in the cache from the first product to the last, so that the
/// rows come from memory once.
class RowShares {
 public:
  RowShares(Model& model, const Loss& loss);

  /// Whether the model draws random numbers for each row.
  bool draws() const { return row_.draws; }

  /// One share if the rows must stay together, or if cutting them does not pay.
  SharePlan plan(const Batch& batch) const;

  /// The loss of a batch of several shares; adds its gradient to the parameters' own. What a share
  /// throws is thrown again here, once all are done.
  LossSum evaluate(const Batch& batch, const SharePlan& plan, Compute& compute);

 private:
  struct Share {
    explicit Share(const std::vector<Parameter*>& parameters);

    Compute compute;
    Tape tape;
    Gradients gradients;
    Profile profile;
    LossSum loss;
    std::exception_ptr error;
  };

  void run(Share& share, const Batch& batch, Index block_rows) const;
  double work_of(const Batch& batch) const;

  Model* model_;
  const Loss* loss_;
  RowWork row_;
  std::vector<std::unique_ptr<Share>> shares_;
};

}  // namespace lora
