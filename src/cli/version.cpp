#include "version.h"

#include <Eigen/Core>

namespace lora::cli {

std::string version_number() {
  return LORA_VERSION;
}

std::string version_text() {
  std::string text = "lora-train " LORA_VERSION "\n";
  text += "compiler      " LORA_COMPILER "\n";
  text += "instructions  ";
  text += Eigen::SimdInstructionSetsInUse();
  text += "\nproducts      " LORA_PRODUCTS "\n";
  text += "threads       " LORA_THREADING "\n";
  return text;
}

}  // namespace lora::cli
