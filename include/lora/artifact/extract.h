// The adapter between a base and what full fine-tuning has made of it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lora/core/matrix.h"

namespace lora {

struct ExtractRequest {
  std::string base;   ///< FILE or FILE:TENSOR; all matrices of a file if no tensor is named
  std::string tuned;  ///< likewise, the same layers after training
  bool fan_in_fan_out = false;  ///< both are stored as (in, out)
  Index rank = 0;               ///< of each layer's adapter (at most min(in, out)); or, if it is 0,
  double share = 0;             ///< the lowest rank that keeps this part of ‖ΔW‖², in (0, 1]
  std::string output;           ///< the directory
  std::function<void()> before_commit = [] {};  ///< what it throws leaves the output as it was
};

/// What became of one layer.
struct ExtractedLayer {
  std::string path;
  Index rank;
  double norm;            ///< ‖ΔW‖, the Frobenius norm of tuned − base
  double share_of_base;   ///< ‖ΔW‖ / ‖W‖
  double effective_rank;  ///< of ΔW
  double kept;  ///< 1 − ‖ΔW − B·A‖² / ‖ΔW‖², of the factors as they were written
};

struct ExtractReport {
  std::vector<ExtractedLayer> layers;  ///< those that training has changed
  bool with_biases = false;            ///< their biases have changed too, and come with the adapter
  std::vector<std::string> left_out;   ///< other tensors that have changed: no adapter has room
};

/// Writes the adapter B = U·√Σ, A = √Σ·Vᵀ of each layer's ΔW = U·Σ·Vᵀ, cut off behind the largest
/// values: no adapter of that rank is closer to ΔW (Eckart and Young, 1936). Its scale is 1. Throws
/// Error(input) if the files do not hold the same layers, a number is not finite, or nothing has
/// changed.
ExtractReport extract_adapter(const ExtractRequest& request);

}  // namespace lora
