// Data sets of NumPy arrays: features in one file, targets in another.
#pragma once

#include <string>

#include "lora/data/dataset.h"
#include "lora/data/dataset_reader.h"

namespace lora {

/// Features (rows, in) from request.data, targets from the file request.target.
Dataset read_npy_dataset(const DatasetRequest& request);

/// Reads targets (rows, out) or labels (rows,) from the .npy file request.target into `data`, whose
/// features are there already. Throws Error(input) if the numbers of rows differ.
void read_npy_targets(const DatasetRequest& request, Dataset& data);

}  // namespace lora
