// A run as lines on the terminal: results on stdout.
#pragma once

#include "lora/train/observer.h"
#include "standard_output.h"

namespace lora::cli {

/// Prints "Epoch 3/10, Loss: 225.9276", and behind it the validation figures.
class TerminalReporter : public Observer {
 public:
  explicit TerminalReporter(StandardOutput& out) : out_(&out) {}

  void on_epoch(const EpochRecord& record) override;

 private:
  StandardOutput* out_;
};

/// "Val loss: 0.2345, Val accuracy: 0.9012".
std::string as_text(const Figures& figures);

}  // namespace lora::cli
