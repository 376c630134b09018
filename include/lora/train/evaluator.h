// The figures of a model over the rows that it is shown.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lora/core/batch.h"
#include "lora/core/compute.h"
#include "lora/core/group.h"
#include "lora/core/tape.h"
#include "lora/loss/loss.h"
#include "lora/loss/metric.h"
#include "lora/train/objective.h"
#include "lora/train/observer.h"

namespace lora {

/// Computes in infer mode: nothing is dropped, and no gradient changes.
class Evaluator {
 public:
  /// Shows outputs to `metrics`, and to `more` accumulators that have no single figure. All of it
  /// must outlive the evaluator.
  Evaluator(Objective& objective, std::span<const ReportedMetric> metrics, Compute& compute,
            Group& group, const std::vector<Metric*>& more = {});

  /// Forgets the rows so far.
  void reset();

  /// Shows the outputs for its rows to the loss and to each metric.
  void add(const Batch& batch);

  /// The figures of all rows of all processes since reset(): the mean loss, rounded to float32 as
  /// PyTorch's losses are, then the metrics. Names begin with `prefix` ("val_"),
  /// labels with `label_prefix` ("Val ").
  Figures figures(const std::string& prefix, const std::string& label_prefix);

 private:
  Objective* objective_;
  std::span<const ReportedMetric> metrics_;
  Group* group_;
  std::vector<Metric*> accumulators_;
  Tape tape_;
  LossSum loss_;
};

}  // namespace lora
