// The optimiser that the options ask for, with only such options as it uses.
#pragma once

#include "lora/optim/optimizer.h"
#include "lora/optim/parameter_groups.h"
#include "options.h"

namespace lora::cli {

/// Fills in the defaults of --optimizer. Throws Error(usage) for an option that it does not use.
void resolve_optimizer(Options& options);

/// Of resolved options.
OptimizerOptions optimizer_options(const Options& options);
ParameterGroupOptions group_options(const Options& options);

}  // namespace lora::cli
