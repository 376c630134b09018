// Compiled without contraction of a·b+c, and written with the operations in transformers' order:
// the rates are its own to the last bit.
#include "lora/optim/step_schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "lora/core/error.h"

namespace lora {

namespace {

/// part / whole, where a whole of no steps counts as one.
double share_of(Index part, Index whole) {
  return static_cast<double>(part) / static_cast<double>(std::max<Index>(1, whole));
}

double warmup(const ScheduleOptions& options, Index steps) {
  return share_of(steps, options.warmup_steps);
}

/// How far the steps are on their way from the end of the warm-up to the end of the run.
double progress(const ScheduleOptions& options, Index steps) {
  return share_of(steps - options.warmup_steps, options.total_steps - options.warmup_steps);
}

double half_wave(double position) {
  return 0.5 * (1 + std::cos(std::numbers::pi * position));
}

double min_share(const ScheduleOptions& options) {
  return options.min_lr / options.lr;
}

/// A share of what lies above the minimum, as a share of the whole.
double above_minimum(const ScheduleOptions& options, double share) {
  const double minimum = min_share(options);
  return share * (1 - minimum) + minimum;
}

}  // namespace

double constant_share(const ScheduleOptions& /*options*/, Index /*steps*/) {
  return 1;
}

double constant_with_warmup_share(const ScheduleOptions& options, Index steps) {
  return steps < options.warmup_steps ? warmup(options, steps) : 1;
}

double linear_share(const ScheduleOptions& options, Index steps) {
  if (steps < options.warmup_steps) return warmup(options, steps);
  const Index left = std::max<Index>(0, options.total_steps - steps);
  return share_of(left, options.total_steps - options.warmup_steps);
}

double cosine_share(const ScheduleOptions& options, Index steps) {
  if (steps < options.warmup_steps) return warmup(options, steps);
  return above_minimum(options, half_wave(progress(options, steps)));
}

double cosine_with_restarts_share(const ScheduleOptions& options, Index steps) {
  if (steps < options.warmup_steps) return warmup(options, steps);
  const double done = progress(options, steps);
  if (done >= 1) return min_share(options);
  const double position = std::fmod(static_cast<double>(options.cycles) * done, 1.0);
  return above_minimum(options, half_wave(position));
}

double polynomial_share(const ScheduleOptions& options, Index steps) {
  if (steps < options.warmup_steps) return warmup(options, steps);
  if (steps >= options.total_steps) return min_share(options);
  const double left = 1 - progress(options, steps);
  const double range = options.lr - options.min_lr;
  return (range * std::pow(left, options.power) + options.min_lr) / options.lr;
}

double inverse_sqrt_share(const ScheduleOptions& options, Index steps) {
  if (steps < options.warmup_steps) return warmup(options, steps);
  constexpr Index kWithoutWarmup = 10000;
  const Index timescale = options.warmup_steps > 0 ? options.warmup_steps : kWithoutWarmup;
  return 1 / std::sqrt(share_of(steps - options.warmup_steps + timescale, timescale));
}

double warmup_stable_decay_share(const ScheduleOptions& options, Index steps) {
  if (steps < options.warmup_steps) return above_minimum(options, warmup(options, steps));
  const Index decay = options.decay_steps.value_or(share_of_steps(0.1, options.total_steps));
  const Index stable_until = options.total_steps - decay;
  if (steps < stable_until) return 1;
  if (steps >= options.total_steps) return min_share(options);
  return above_minimum(options, half_wave(share_of(steps - stable_until, decay)));
}

StepSchedule::StepSchedule(LrShare share, const ScheduleOptions& options)
    : share_(share), options_(options) {
  check_min_lr(options);
  if (!(options.power > 0)) {
    throw Error(ErrorKind::usage, "a power of ", options.power,
                " does not bring the learning rate down; it must be above 0, such as 1 or 2");
  }
}

double StepSchedule::rate(Index steps) const {
  if (options_.lr == 0) return 0;  // of which nothing is a share
  return options_.lr * share_(options_, steps);
}

}  // namespace lora
