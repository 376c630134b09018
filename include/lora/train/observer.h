// Who is told how a run goes.
#pragma once

#include <string>
#include <vector>

#include "lora/core/matrix.h"

namespace lora {

struct NamedValue {
  std::string name;   ///< "val_accuracy"
  std::string label;  ///< "Val accuracy"
  double value = 0;
  bool higher_is_better = false;
  bool headline = false;  ///< shown for each epoch, not only at the end
};

/// The loss first, then each metric.
using Figures = std::vector<NamedValue>;

/// One text for all of them, to the last bit, and back.
std::string text_of(const Figures& figures);
Figures figures_of(const std::string& text);

struct EpochRecord {
  Index epoch = 0;     ///< from 1
  Index epochs = 0;    ///< of the whole run
  Index step = 0;      ///< optimiser steps so far
  double loss = 0;     ///< mean of the epoch's steps, each before its step, by rows; a float32
  double lr = 0;       ///< of the epoch's last step
  Figures validation;  ///< empty if there was none after this epoch
  double seconds = 0;  ///< of the epoch
};

struct StepRecord {
  Index step = 0;   ///< from 1
  Index epoch = 0;  ///< from 1
  double loss = 0;  ///< before the step; a float32
  double lr = 0;
};

class Observer {
 public:
  virtual ~Observer() = default;

  /// Before the first step, if there is validation data.
  virtual void on_first_validation(const Figures& /*validation*/) {}
  virtual void on_step(const StepRecord& /*record*/) {}
  virtual void on_epoch(const EpochRecord& /*record*/) {}
};

}  // namespace lora
