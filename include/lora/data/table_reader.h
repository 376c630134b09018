// Data sets of delimited text: features and targets are columns of one file.
#pragma once

#include "lora/data/dataset.h"
#include "lora/data/dataset_reader.h"

namespace lora {

/// request.target names columns, separated by commas; all others are features. It may also be a
/// .npy file; then all columns are features.
Dataset read_table_dataset(const DatasetRequest& request);

}  // namespace lora
