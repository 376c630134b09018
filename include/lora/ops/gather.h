// Rows from here and there, one after the other.
#pragma once

#include <span>

#include "lora/core/compute.h"
#include "lora/core/matrix.h"

namespace lora {

/// Row i of `to` (n, m) becomes row rows[i] of `from` (any, m).
void gather_rows(const View& from, std::span<const Index> rows, MutableView to,
                 const Compute& compute);

}  // namespace lora
