// One run of training, alone or as one of several: what it says, its loop, and what is kept of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "build.h"
#include "checkpointing.h"
#include "inputs.h"
#include "lora/artifact/peft_writer.h"
#include "lora/artifact/run_record.h"
#include "lora/train/observer.h"
#include "lora/train/trainer.h"
#include "options.h"
#include "setting.h"

namespace lora::cli {

/// What a run came to.
struct Trained {
  TrainResult result;
  double seconds = 0;
};

/// The fields of its start event.
nlohmann::ordered_json start_facts(Run& run, const std::vector<Setting>& settings,
                                   const std::vector<InputRecord>& inputs);

/// What stderr is told while a run is trained.
struct Told {
  Index log_every = 0;        ///< steps between lines about the loss; 0: none
  bool first_figures = true;  ///< those before training
};

/// Trains to the end, or until a signal asks for it; `observers` are told how it goes. Throws
/// Error(training) also if nothing was learned.
Trained train_run(Run& run, const Options& options, Told told,
                  const std::vector<Observer*>& observers, Checkpointing* checkpointing = nullptr);

/// The numbers of its end event.
nlohmann::ordered_json end_facts(Run& run, double seconds);

/// The training loss, then the validation figures.
Figures all_figures(const TrainResult& result);

/// Makes --save's directory and keeps others from writing to it meanwhile.
std::optional<PeftDirectoryLock> locked_output(const Options& options);

/// The options of the files that a run uses where they lie, as InputWatch wants them.
std::vector<std::string> used_in_place(const Run& run);

/// At the end of the command, for the run that is kept: shows its figures in detail, makes sure
/// that the base, and what else was used where it lies, is what it was, and saves. Adds to `facts`.
void keep_run(Run& run, const TrainResult& result, const Options& options,
              const std::vector<Setting>& settings, const std::vector<InputRecord>& inputs,
              const InputWatch& watch, nlohmann::ordered_json& facts);

/// Says which of --require do not hold. Adds to `facts`, and returns the exit code.
int judge(const Figures& figures, const Options& options, nlohmann::ordered_json& facts);

}  // namespace lora::cli
