#include "lora/optim/reduce_lr_on_plateau.h"

#include <algorithm>

#include "lora/core/error.h"

namespace lora {

namespace {

constexpr double kThreshold = 1e-4;       // the part of the best by which a better one is smaller
constexpr double kSmallestChange = 1e-8;  // of the rate

}  // namespace

ReduceLrOnPlateau::ReduceLrOnPlateau(const ScheduleOptions& options)
    : patience_(options.patience),
      factor_(options.factor),
      min_lr_(options.min_lr),
      rate_(options.lr) {
  check_min_lr(options);
  if (!(factor_ > 0 && factor_ < 1)) {
    throw Error(ErrorKind::usage, "a factor of ", factor_,
                " does not reduce the learning rate; it must be above 0 and below 1, such as 0.1");
  }
}

std::unique_ptr<Schedule> ReduceLrOnPlateau::make(const ScheduleOptions& options) {
  return std::make_unique<ReduceLrOnPlateau>(options);
}

double ReduceLrOnPlateau::rate(Index /*steps*/) const {
  return rate_;
}

void ReduceLrOnPlateau::observe(double figure) {
  if (figure < best_ * (1 - kThreshold)) {
    best_ = figure;
    bad_epochs_ = 0;
    return;
  }
  ++bad_epochs_;
  if (bad_epochs_ <= patience_) return;
  bad_epochs_ = 0;
  const double reduced = std::max(rate_ * factor_, min_lr_);
  if (rate_ - reduced > kSmallestChange) rate_ = reduced;
}

void ReduceLrOnPlateau::visit_state(StateVisitor& visitor) {
  visitor.number("reduce_lr_on_plateau.rate", rate_);
  visitor.number("reduce_lr_on_plateau.best", best_);
  visitor.whole("reduce_lr_on_plateau.bad_epochs", bad_epochs_);
}

}  // namespace lora
