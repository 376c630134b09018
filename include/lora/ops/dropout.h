// Dropout (Srivastava and others, 2014, JMLR 15): some numbers become 0, the others grow to make up
// for it.
#pragma once

#include <optional>

#include "lora/core/batch.h"
#include "lora/core/matrix.h"
#include "lora/core/rng.h"

namespace lora {

/// y = noise∘x, where noise is 0 with probability p and 1/(1−p) otherwise, drawn row after row as
/// torch.nn.functional.dropout draws it on any processor but Intel's with MKL. All of shape (n, m);
/// p in [0, 1). With `places`, the numbers of rows that other processes have are drawn and not
/// used.
void dropout(const View& x, double p, Rng& rng, MutableView noise, MutableView y,
             const std::optional<RowPlaces>& places = std::nullopt);

/// dx += noise∘dy, all (n, m).
void dropout_backward(const View& dy, const View& noise, MutableView dx);

}  // namespace lora
