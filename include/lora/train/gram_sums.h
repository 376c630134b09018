// All that a squared error needs to know of the rows, whatever a low-rank adapter becomes.
#pragma once

#include <vector>

#include "lora/core/compute.h"
#include "lora/core/group.h"
#include "lora/core/matrix.h"
#include "lora/data/dataset.h"
#include "lora/nn/linear.h"

namespace lora {

/// With X the features of the rows and T = targets − (X·Wᵀ + b) what a frozen layer leaves to
/// explain: XᵀX, XᵀT and Σ T², summed in double over blocks of rows in their order.
struct GramSums {
  /// Of the given rows of all processes, numbered as in `data`; `layer` without its adapter.
  GramSums(const Linear& layer, const Dataset& data, const std::vector<Index>& rows,
           Compute& compute, Group& group);

  DoubleMatrix XtX;  ///< (in, in)
  DoubleMatrix XtT;  ///< (in, out)
  double TtT = 0;
};

}  // namespace lora
