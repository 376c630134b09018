#include "version.h"

#include <fstream>

#include <Eigen/Core>

namespace lora::cli {

std::string version_number() {
  return LORA_VERSION;
}

std::string processor_text() {
  std::string model = "unknown processor";
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const std::size_t colon = line.find(": ");
    if (!line.starts_with("model name") || colon == std::string::npos) continue;
    model = line.substr(colon + 2);
    break;
  }
  return model + ", " + Eigen::SimdInstructionSetsInUse() + ", " LORA_COMPILER ", " LORA_PRODUCTS;
}

std::string version_text() {
  std::string text = "lora-train " LORA_VERSION "\n";
  text += "commit        " + commit() + "\n";
  text += "compiler      " LORA_COMPILER ", " LORA_BUILD_TYPE "\n";
  text +=
      "instructions  " + std::string(Eigen::SimdInstructionSetsInUse()) + " (" LORA_TUNING ")\n";
  text += "products      " LORA_PRODUCTS "\n";
  text += "libraries     " LORA_BUILT_WITH "\n";
  return text;
}

}  // namespace lora::cli
