// How much memory a run takes, before it takes it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adaptation.h"
#include "lora/core/matrix.h"
#include "options.h"

namespace lora::cli {

/// What decides how much memory a run takes.
struct RunSize {
  Index rows = 0;                 ///< of features, all of them
  std::vector<LayerPlan> layers;  ///< of the model, from below
  Index batch = 0;                ///< rows of a step
  Index pairs = 0;                ///< of rows that a step compares
  Index held_out_pairs = 0;
  bool gathers = false;        ///< a step's rows are copied together
  bool labels = false;         ///< a class a row in place of a number an output
  bool base_is_drawn = false;  ///< else it stays in its file
  bool keeps_best = false;
  bool maps_features = false;    ///< they stay in their file
  bool copies_features = false;  ///< to scale them, since other runs need them as they are
};

struct MemoryPart {
  std::string what;
  double bytes;
  std::string smaller_by;    ///< the options that lower it
  bool of_training = false;  ///< what is trained, and what changes it
  bool in_file = false;      ///< looked at where it lies: the system keeps of it what it can
};

/// The parts of a run of that size, with the optimiser that the options name.
std::vector<MemoryPart> memory_need(const RunSize& size, const Options& options);

/// Without what stays in its file.
double total_of(const std::vector<MemoryPart>& parts);

/// Of what is trained, its gradients, and the optimiser.
double training_bytes(const std::vector<MemoryPart>& parts);

/// What the system, or the group of processes that this one is in, has left for it; nothing if it
/// does not say.
std::optional<double> available_memory();

/// Throws Error(memory), with what would need less, if there is not enough for these parts.
void check_memory(const std::vector<MemoryPart>& parts);

/// "1.5 GiB".
std::string bytes_text(double bytes);

}  // namespace lora::cli
