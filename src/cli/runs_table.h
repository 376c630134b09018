// What several runs came to, side by side.
#pragma once

#include <string>
#include <vector>

#include "lora/train/observer.h"
#include "options.h"
#include "run_outcome.h"
#include "variants.h"

namespace lora::cli {

/// The name of the figure by which runs are compared: --keep-best, or the loss if it is none.
std::string compared_figure(const Options& options);

/// Whether `a` is better than `b` by that figure. A run that failed is worse than any, one whose
/// figure is not a number worse than those that have one.
bool is_better(const RunOutcome& a, const RunOutcome& b, const std::string& figure);

/// The mean of each figure over the runs, and the deviation of a sample around it (with n − 1).
Figures mean_of(const std::vector<RunOutcome>& outcomes);
Figures spread_of(const std::vector<RunOutcome>& outcomes);

/// The lines of a table with a row a run, of those that have come to an end: a sweep's best first,
/// others in their order. Below the folds of a cross-validation, if none failed, mean and spread.
std::vector<std::string> table_of(const Variants& variants, const std::vector<RunOutcome>& outcomes,
                                  const Options& options);

}  // namespace lora::cli
