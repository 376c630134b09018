// Weights that make rare classes count as much as frequent ones.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lora/core/group.h"
#include "lora/core/matrix.h"

namespace lora {

/// A weight for each class: n / (k · n_c), with n rows, n_c of them of class c, and k classes that
/// occur; rows count by their weights if there are some. As scikit-learn's compute_class_weight for
/// 'balanced'; a class that does not occur, of which it knows nothing, gets 1. Labels are below
/// `classes`, and there is a weight for each of them or none.
/// Rows are those of all processes.
std::vector<double> balanced_class_weights(std::span<const std::int32_t> labels,
                                           std::span<const Real> row_weights, Index classes,
                                           Group& group);

}  // namespace lora
