// lora_train.json: what a saved adapter came from, and what its own format has no room for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "lora/core/matrix.h"
#include "lora/core/task.h"
#include "lora/data/feature_scaling.h"
#include "lora/train/observer.h"

namespace lora {

/// A file that the run read.
struct InputRecord {
  std::string option;  ///< "data"
  std::string path;
  std::string hash;  ///< as io/file_hash has it; empty for standard input
};

struct RunRecord {
  std::string version;            ///< of the program
  nlohmann::ordered_json config;  ///< the resolved options
  Task task = Task::regression;
  std::vector<std::string> feature_names;  ///< empty if the columns had no names
  std::vector<std::string> target_names;   ///< likewise
  std::vector<std::string> class_names;    ///< in the order of the outputs; empty: numbers
  std::optional<FeatureScaling> scaling;
  std::optional<std::int64_t> base_seed;  ///< if the base was drawn and is no file
  bool base_identity = false;             ///< the base is the identity and no file
  Index trainable_parameters = 0;
  Index total_parameters = 0;
  Index epochs = 0;  ///< trained
  Index steps = 0;
  Index kept_epoch = 0;       ///< whose parameters were saved
  std::optional<Index> fold;  ///< of --folds: which part was held out, from 1
  double loss = 0;            ///< of that epoch
  Figures validation;         ///< after that epoch (names and values are kept)
  std::vector<InputRecord> inputs;
};

/// The file's text: JSON.
std::string run_record_text(const RunRecord& record);

/// The path in `directory`.
std::string run_record_path(const std::string& directory);

/// Reads directory/lora_train.json; nothing if there is no such file, as beside adapters of other
/// programs. Throws Error(input) for what is not as run_record_text() writes it; unknown keys are
/// passed over.
std::optional<RunRecord> read_run_record(const std::string& directory);

}  // namespace lora
