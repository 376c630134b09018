// A learning rate that is reduced when a figure stops falling, as by
// torch.optim.lr_scheduler.ReduceLROnPlateau with its defaults.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>

#include "lora/optim/schedule.h"

namespace lora {

/// A figure is better than the best so far if it is below 0.9999 times that. After more than
/// `patience` figures in a row that are not, the rate becomes max(factor · rate, min_lr), unless
/// that is less than 1e-8 lower, and the counting starts anew. What is not a number is not better.
class ReduceLrOnPlateau : public Schedule {
 public:
  /// Throws Error(usage) unless 0 ≤ min_lr ≤ lr and 0 < factor < 1.
  explicit ReduceLrOnPlateau(const ScheduleOptions& options);
  static std::unique_ptr<Schedule> make(const ScheduleOptions& options);

  double rate(Index steps) const override;
  void observe(double figure) override;
  void visit_state(StateVisitor& visitor) override;

 private:
  Index patience_;
  double factor_;
  double min_lr_;
  double rate_;
  double best_ = std::numeric_limits<double>::max();  ///< as good as infinity, and a state's number
  std::int64_t bad_epochs_ = 0;                       ///< since the best, or since the rate changed
};

}  // namespace lora
