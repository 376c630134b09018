// How far a run is, on one line of the terminal.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "lora/train/observer.h"

namespace lora::cli {

/// What a run looks like at one moment.
struct ProgressState {
  Index epoch = 0;
  Index epochs = 0;
  Index step = 0;
  Index steps = 0;  ///< of the whole run
  double loss = 0;
  double lr = 0;
  std::optional<NamedValue> metric;  ///< the first validation figure that is shown for each epoch
  double steps_per_second = 0;       ///< 0 while it is unknown
  double memory = 0;                 ///< bytes that the process has; 0 if unknown
};

/// One line of fewer than `width` characters; where it is too narrow for all, what matters least is
/// left out.
std::string progress_text(const ProgressState& state, std::size_t width);

/// Draws the line at most ten times a second. It is gone when the run is over.
class Progress : public Observer {
 public:
  /// For a run of so many steps and epochs.
  Progress(Index steps, Index epochs);
  ~Progress() override;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  Progress(Progress&&) = delete;
  Progress& operator=(Progress&&) = delete;

  void on_first_validation(const Figures& validation) override;
  void on_step(const StepRecord& record) override;
  void on_epoch(const EpochRecord& record) override;

 private:
  using Clock = std::chrono::steady_clock;

  void take_metric(const Figures& validation);

  ProgressState state_;
  Clock::time_point start_;
  Clock::time_point drawn_;
  std::optional<Index> first_step_;  // a run that goes on begins later
};

}  // namespace lora::cli
