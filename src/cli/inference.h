// A model that is there to be used: base, adapter, and the rows that it looks at.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base_model.h"
#include "lora/core/compute.h"
#include "lora/core/task.h"
#include "lora/data/dataset_reader.h"
#include "lora/data/dataset_request.h"
#include "lora/data/feature_scaling.h"
#include "options.h"

namespace lora::cli {

/// Rows that eval and predict read at once, and those that go through the model together.
inline constexpr Index kRowsRead = 4096;
inline constexpr Index kRowsComputed = 1024;

/// What eval and predict share.
struct Inference {
  /// Reads base and adapter, and what the adapter's record says of features and classes.
  explicit Inference(const Options& options);

  Compute compute;
  std::optional<SavedAdapter> saved;
  BaseModel base;

  /// What a reader of --data is asked for, but for targets.
  DatasetRequest request(const Options& options) const;

  /// Opens the data. Throws Error(input) if it does not fit the model.
  DatasetReader open(const DatasetRequest& request) const;

  /// Makes of features what the model was trained on.
  void scale(Dataset& rows) const;

  const std::optional<RunRecord>& record() const;
};

}  // namespace lora::cli
