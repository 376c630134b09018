// What one of several runs came to, and how processes tell each other.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "build.h"
#include "lora/train/trainer.h"

namespace lora::cli {

struct RunOutcome {
  std::size_t run = 0;  ///< its number among the variants, from 0
  TrainResult result;
  double seconds = 0;
  Counts counts;
  Index validation_rows = 0;
  double training_bytes = 0;  ///< of what is trained, its gradients, and the optimiser
  std::string error;          ///< why it did not come to its end; empty if it did
  std::string events;         ///< as JSON lines, if they were not told at once

  bool failed() const { return !error.empty(); }
};

/// One text for all of them, with every bit of their numbers, and back.
std::string text_of(const std::vector<RunOutcome>& outcomes);
std::vector<RunOutcome> outcomes_of(const std::string& text);

}  // namespace lora::cli
