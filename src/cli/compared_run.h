// What compare knows of a run: from its log, or from what was saved of it.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "lora/report/history.h"
#include "lora/train/observer.h"

namespace lora::cli {

struct ComparedRun {
  std::string path;               ///< as it was given
  nlohmann::ordered_json config;  ///< the resolved options
  nlohmann::ordered_json facts;   ///< counts, epochs, exit code: in the order of the table
  Figures kept;                   ///< of the kept epoch; empty if the run did not come to its end
  Figures last;                   ///< of the last epoch in the log
  History history;                ///< empty without a log
};

/// Reads a --log file, or the lora_train.json of a --save directory. Throws Error(input) for
/// anything else.
ComparedRun read_compared_run(const std::string& path);

/// Whether more of a figure is better, by its name.
bool higher_is_better(const std::string& figure);

/// The best value of a curve, and its epoch.
struct BestValue {
  double value;
  double epoch;
};
std::optional<BestValue> best_of(const Curve& curve);

}  // namespace lora::cli
