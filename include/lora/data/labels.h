// Class labels: whole numbers from 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lora/core/matrix.h"
#include "lora/data/dataset.h"

namespace lora {

/// What is wrong with a label, if classes are 0 … classes−1 or not known yet; empty if nothing is.
std::string label_fault(std::int64_t label, std::optional<Index> classes);

/// Appends a label that has no fault.
void append_label(std::int64_t label, Dataset& data);

}  // namespace lora
