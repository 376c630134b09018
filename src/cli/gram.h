// Whether a run sums its rows up once instead of going through them in every epoch.
#pragma once

#include "adaptation.h"
#include "options.h"

namespace lora::cli {

/// Settles --gram to on or off for a run of so many training rows through these layers: auto is off
/// wherever the sums are no way to the same numbers, and for the demo, else on where they are
/// cheaper over the whole run. Throws Error(usage) if they are asked for and are no way.
void resolve_gram(Options& options, Index rows, const std::vector<LayerPlan>& layers);

}  // namespace lora::cli
