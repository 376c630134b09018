// The optimiser, the schedule and the loss that the options ask for, with only such options as they
// use.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lora/loss/loss.h"
#include "lora/optim/optimizer.h"
#include "lora/optim/parameter_groups.h"
#include "lora/optim/schedule.h"
#include "options.h"

namespace lora::cli {

/// The optimisers, schedules or losses that use an option, as used_options() calls it.
template <class Kind>
std::vector<std::string> users_of(const std::string& option, std::span<const Kind> kinds) {
  std::vector<std::string> names;
  for (const Kind& kind : kinds) {
    if (std::ranges::count(used_options(kind), option) > 0) names.emplace_back(kind.name);
  }
  return names;
}

/// Fills in the defaults of --optimizer and --schedule. Throws Error(usage) for an option that they
/// do not use.
void resolve_recipe(Options& options);

/// The same for --loss, once it is known.
void resolve_loss(Options& options);

/// Of resolved options.
OptimizerOptions optimizer_options(const Options& options);
ParameterGroupOptions group_options(const Options& options);

/// Likewise, but for class weights.
LossOptions loss_options(const Options& options);

/// For a run of so many steps. Throws Error(usage) for a warm-up and a decay that do not fit in.
std::unique_ptr<Schedule> make_schedule(const Options& options, Index total_steps);

}  // namespace lora::cli
