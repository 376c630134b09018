// Learning rates that follow from the number of steps alone, in the form, numbering and rounding of
// the schedules of Hugging Face transformers that have the same names.
#pragma once

#include <memory>

#include "lora/optim/schedule.h"

namespace lora {

/// The rate after s finished steps, as a share of `lr`, where T is total_steps, w is warmup_steps
/// and m = min_lr / lr. Beyond T each goes on as transformers' does, cosine up again.
using LrShare = double (*)(const ScheduleOptions& options, Index steps);

double constant_share(const ScheduleOptions& options, Index steps);  ///< 1

/// s/w for s < w, as for all below; then 1.
double constant_with_warmup_share(const ScheduleOptions& options, Index steps);

/// (T − s)/(T − w), and 0 from T on.
double linear_share(const ScheduleOptions& options, Index steps);

/// m + (1 − m)(1 + cos πp)/2 with p = (s − w)/(T − w): half a wave down. With a min_lr it is
/// transformers' cosine_with_min_lr.
double cosine_share(const ScheduleOptions& options, Index steps);

/// The same with the fraction of cycles·p in place of p, and m from T on. transformers has it for
/// min_lr = 0 only; m is where Loshchilov and Hutter have it (SGDR, equation 5).
double cosine_with_restarts_share(const ScheduleOptions& options, Index steps);

/// m + (1 − m)(1 − p)^power, and m from T on. min_lr is transformers' lr_end, which is 1e-7 there
/// unless it is given.
double polynomial_share(const ScheduleOptions& options, Index steps);

/// √(t/(s − w + t)) where t is w, or 10000 without a warm-up.
double inverse_sqrt_share(const ScheduleOptions& options, Index steps);

/// m + (1 − m)s/w, so that the warm-up starts at min_lr; then 1; in the last decay_steps d of T
/// m + (1 − m)(1 + cos πq)/2 with q = (s − (T − d))/d; then m. A warm-up that reaches into the last
/// d steps goes on as far as it would, and the rate then falls to where the decay already is.
double warmup_stable_decay_share(const ScheduleOptions& options, Index steps);

class StepSchedule : public Schedule {
 public:
  /// Throws Error(usage) unless 0 ≤ min_lr ≤ lr and power > 0.
  StepSchedule(LrShare share, const ScheduleOptions& options);

  template <LrShare share>
  static std::unique_ptr<Schedule> make(const ScheduleOptions& options) {
    return std::make_unique<StepSchedule>(share, options);
  }

  double rate(Index steps) const override;

 private:
  LrShare share_;
  ScheduleOptions options_;
};

}  // namespace lora
