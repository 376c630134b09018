// How the learning rate goes in the course of a run, and the table of its kinds.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lora/core/matrix.h"
#include "lora/core/state.h"

namespace lora {

class Schedule {
 public:
  virtual ~Schedule() = default;

  /// The learning rate of the step that follows `steps` finished ones (0: of the first step).
  virtual double rate(Index steps) const = 0;

  /// Told the figure of each epoch that has one; smaller is better.
  virtual void observe(double /*figure*/) {}

  /// What it remembers of the figures. A rate that follows from the number of steps needs nothing.
  virtual void visit_state(StateVisitor& /*visitor*/) {}
};

/// A schedule passes over what it does not use.
struct ScheduleOptions {
  double lr = 0.01;        ///< the highest rate: after the warm-up, before any decay
  Index total_steps = 0;   ///< of the whole run
  Index warmup_steps = 0;  ///< from rate 0 to `lr`; the first step's rate is 0 if there are any
  double min_lr = 0;       ///< where the decay ends
  Index cycles = 1;        ///< falls from `lr` after the warm-up, at least 1
  double power = 1;        ///< of the share of steps that are left, above 0
  std::optional<Index> decay_steps = {};  ///< at the end; a tenth of all, rounded up, if absent
  Index patience = 10;                    ///< epochs without a better figure that are put up with
  double factor = 0.1;                    ///< from one rate to the next, below 1
};

/// Which options a schedule uses beside the learning rate and the number of steps.
struct ScheduleUses {
  bool warmup_steps = false;
  bool min_lr = false;
  bool cycles = false;
  bool power = false;
  bool decay_steps = false;
  bool patience = false;
  bool factor = false;
};

struct ScheduleKind {
  std::string_view name;
  std::string_view help;  ///< what it is good for, and whose it is
  ScheduleUses uses;
  /// Throws Error(usage) for options that contradict each other or make no schedule.
  std::unique_ptr<Schedule> (*make)(const ScheduleOptions& options);
};

std::span<const ScheduleKind> schedule_kinds();

/// Which of "warmup_steps", "min_lr", "cycles", "power", "decay_steps", "patience" and "factor" a
/// schedule uses, in this order.
std::vector<std::string> used_options(const ScheduleKind& kind);

/// ⌈ratio · total⌉ of a product that is rounded to a double first, as transformers counts its
/// warm-up: 0.07 of 100 steps are 8.
Index share_of_steps(double ratio, Index total_steps);

/// Throws Error(usage) unless 0 ≤ min_lr ≤ lr.
void check_min_lr(const ScheduleOptions& options);

}  // namespace lora
