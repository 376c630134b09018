// What a run says on stderr about itself.
#pragma once

#include <string>
#include <vector>

#include "build.h"
#include "lora/artifact/run_record.h"
#include "lora/data/row_source.h"
#include "lora/train/trainer.h"
#include "options.h"
#include "setting.h"

namespace lora::cli {

/// What will be done, before it is done: data and base, then how they are trained with.
void announce(Run& run, const Options& options);
void announce_problem(Run& run, const Options& options);
void announce_recipe(Run& run, const Options& options);

/// How the columns of a table are called, and the classes.
void announce_columns(const SourceFacts& facts, const std::vector<std::string>& class_names);

/// With --verbose: the resolved options of a verb, as a file of --config.
void announce_options(const std::vector<Setting>& settings, unsigned verbs);

/// With --verbose: what the run took.
void announce_work(const Run& run, const TrainResult& result, double seconds);

/// Which epoch was kept, and why training ended before its time.
void announce_end(const TrainResult& result, const Options& options);

/// That the base is as it was, with its hash.
void announce_base(const std::vector<InputRecord>& inputs);

}  // namespace lora::cli
