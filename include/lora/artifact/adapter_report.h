// What there is to say of an adapter's numbers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lora/artifact/peft_adapter.h"

namespace lora {

/// Of one layer's ΔW = scale·B·A (DoRA's magnitudes, which need the base, are left out of it).
struct AdapterLayerReport {
  std::string path;
  Index rank;
  double scale;
  double norm;            ///< ‖ΔW‖, the Frobenius norm
  double effective_rank;  ///< over how many directions ΔW spreads: see ops/svd.h
};

/// One for each layer, in the order of the file. Throws Error(input) for a layer that is not whole.
std::vector<AdapterLayerReport> report_on(const PeftAdapter& adapter);

/// ‖W‖ of the layer at `path` in FILE or FILE:TENSOR; nothing if the file has no such weight
/// of `size` numbers.
std::optional<double> weight_norm(const std::string& file_and_tensor, const std::string& path,
                                  Index size);

}  // namespace lora
