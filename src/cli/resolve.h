// From what was chosen to what is meant.
#pragma once

#include "lora/core/task.h"
#include "options.h"

namespace lora::cli {

/// Fills in the defaults that depend on the kind of work, as far as they are known before the data
/// is read. Throws Error(usage) for options that do not go together, before anything is read or
/// computed.
void resolve_training(Options& options);
void resolve_plan(Options& options);
void resolve_evaluation(Options& options);
void resolve_prediction(Options& options);
void resolve_inspection(Options& options);
void resolve_merge(Options& options);
void resolve_comparison(Options& options);
void resolve_extraction(Options& options);

/// Once the data has shown what its targets are: fills in --task, --loss and --keep-best, or
/// refuses what does not fit them.
void resolve_task(Options& options, Task task);

}  // namespace lora::cli
