// The epoch whose figure was the best, and the parameters that it left.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lora/core/matrix.h"
#include "lora/core/state.h"
#include "lora/train/observer.h"
#include "lora/train/trainable.h"

namespace lora {

/// The parameters are the same, in the same order, in every call.
class BestEpoch {
 public:
  /// Judges by the figure of that name, "loss" or one of the validation; "" keeps nothing.
  explicit BestEpoch(std::string figure) : figure_(std::move(figure)) {}

  /// Copies the parameters if the epoch's figure is better than all before it, and there is one.
  /// What is not a number is never better, and of equals the first is kept.
  void offer(const EpochRecord& record, const std::vector<NamedParameter>& parameters);

  /// The epoch that is kept, if any.
  const std::optional<EpochRecord>& record() const { return record_; }
  double value() const { return value_; }

  /// The record, and the parameters of that epoch.
  void visit_state(StateVisitor& visitor, const std::vector<NamedParameter>& parameters);

  /// Gives the parameters the values that they had after that epoch.
  void restore(const std::vector<NamedParameter>& parameters) const;

 private:
  std::string figure_;
  std::optional<EpochRecord> record_;
  double value_ = 0;
  std::vector<Matrix> values_;
};

}  // namespace lora
