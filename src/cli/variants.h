// The runs that one command asks for: --sweep, --folds, --compare-full.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "options.h"
#include "setting.h"

namespace lora::cli {

/// Runs side by side.
struct Variants {
  std::vector<std::string> keys;                 ///< what sets them apart: "rank", "lr"
  std::vector<std::vector<std::string>> values;  ///< of each run, one a key
  std::vector<nlohmann::ordered_json> facts;     ///< the same as an object: {"rank": 2}
  std::vector<Options> options;                  ///< of each run alone, resolved
};

/// "rank 2, lr 0.01": what sets a run apart.
std::string described(const Variants& variants, std::size_t run);

/// Of options as they were given. Throws Error(usage) for what does not go with several runs, and
/// for what resolve_training() refuses about one of them.
Variants variants_of(const Options& options);

/// resolve_training(), also for several runs: a sweep's options stay as they were given, since each
/// run resolves them for itself.
void resolve_all_training(Options& options);

/// Removes the settings that --sweep sets: they have no one value.
void leave_out_swept(std::vector<Setting>& settings, const Options& options);

}  // namespace lora::cli
