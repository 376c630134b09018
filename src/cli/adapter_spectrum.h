// How the update of each adapted layer is spread over its directions.
#pragma once

#include <string>
#include <vector>

#include "build.h"

namespace lora::cli {

/// Of ΔW = scale·B·A, what an initialisation took out included (DoRA's magnitudes are not).
struct LayerSpectrum {
  std::string path;
  Index out = 0;
  Index in = 0;
  Index rank = 0;          ///< 0: the whole weight was trained
  double norm = 0;         ///< ‖ΔW‖, the Frobenius norm
  Eigen::VectorXd values;  ///< singular ones, largest first; empty if they would take too long
};

/// Of every adapted layer, in the order of the walk.
std::vector<LayerSpectrum> spectra_of(Run& run);

}  // namespace lora::cli
