// A run as TensorBoard reads it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "lora/train/observer.h"

namespace lora {

/// Scalars over the optimiser's steps: train/loss and train/lr of steps, val/loss, val/accuracy, …
/// of validations, that before the first step included.
class EventWriter : public Observer {
 public:
  /// `write` gets a framed record; steps are written every so many.
  EventWriter(std::function<void(std::string_view)> write, Index every)
      : write_(std::move(write)), every_(every) {}

  /// The record that begins a file.
  void start();

  void on_first_validation(const Figures& validation) override;
  void on_step(const StepRecord& record) override;
  void on_epoch(const EpochRecord& record) override;

 private:
  void write_validation(Index step, const Figures& validation);

  std::function<void(std::string_view)> write_;
  Index every_;
};

}  // namespace lora
