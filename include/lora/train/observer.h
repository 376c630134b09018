// Who is told how a run goes.
#pragma once

#include <string>
#include <vector>

#include "lora/core/matrix.h"

namespace lora {

struct NamedValue {
  std::string name;   ///< "val_accuracy"
  std::string label;  ///< "Val accuracy"
  double value;
  bool higher_is_better;
  bool headline;  ///< shown for each epoch, not only at the end
};

/// The loss first, then each metric.
using Figures = std::vector<NamedValue>;

struct EpochRecord {
  Index epoch;         ///< from 1
  Index epochs;        ///< of the whole run
  Index step;          ///< optimiser steps so far
  double loss;         ///< mean of the epoch's steps, each before its step, by rows; a float32
  double lr;           ///< of the epoch's last step
  Figures validation;  ///< empty if there was none after this epoch
  double seconds;      ///< of the epoch
};

class Observer {
 public:
  virtual ~Observer() = default;

  /// Before the first step, if there is validation data.
  virtual void on_first_validation(const Figures& /*validation*/) {}
  virtual void on_epoch(const EpochRecord& /*record*/) {}
};

}  // namespace lora
