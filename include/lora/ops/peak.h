// How fast this machine is at the two things that training needs most.
#pragma once

#include "lora/core/compute.h"

namespace lora {

struct Peak {
  double multiplications = 0;  ///< multiply-adds a second, of a product of large matrices
  double bandwidth = 0;        ///< bytes a second, read from memory
};

/// Measures both on the threads of `compute`, in some tenths of a second and with 256 MiB of
/// memory; the best of several times, since others may use the machine.
Peak measure_peak(const Compute& compute);

}  // namespace lora
