// --checkpoint and --resume: between the trainer and a directory of checkpoints.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "inputs.h"
#include "lora/artifact/checkpoint.h"
#include "lora/artifact/run_record.h"
#include "lora/io/directory_lock.h"
#include "lora/report/run_log.h"
#include "lora/train/trainer.h"
#include "options.h"
#include "setting.h"

namespace lora::cli {

/// Of several processes the first one has the directory; the others hear from it.
class Checkpointing : public Keeper {
 public:
  /// Makes and locks the directory, and reads the newest whole checkpoint if --resume asks for it.
  /// Throws Error(usage) if there are checkpoints that nobody asked for, or if the run differs from
  /// theirs in an option; Error(input) if it differs in its inputs, or if all of them are damaged.
  Checkpointing(const Options& options, const std::vector<Setting>& settings,
                const std::vector<InputRecord>& inputs, const InputWatch& watch);

  /// Where the run goes on; nothing if it begins.
  std::optional<RunPosition> start() const { return position_; }

  /// Puts the state of the checkpoint back into the trainer, if there is one.
  void restore(Trainer& trainer) const;

  /// Throws Error(input), and keeps nothing, if an input was changed under the run.
  void keep(Trainer& trainer) override;

 private:
  void open(const Options& options);
  void resume(const Options& options);
  void compare(const Options& options) const;

  const InputWatch& watch_;
  CheckpointDirectory directory_;
  std::unique_ptr<DirectoryLock> lock_;
  nlohmann::ordered_json facts_;  // of this run
  std::optional<Checkpoint> start_;
  std::optional<RunPosition> position_;  // of the checkpoint
};

}  // namespace lora::cli
