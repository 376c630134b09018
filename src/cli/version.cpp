#include "version.h"

#include <fstream>

#include <Eigen/Core>

namespace lora::cli {

namespace {

/// The vector instructions that the compiler was allowed, the widest first; oneDNN chooses its own.
std::string instructions() {
  std::string text;
#ifdef __AVX512F__
  text += "AVX-512, ";
#endif
#ifdef __AVX2__
  text += "AVX2, ";
#endif
#ifdef __FMA__
  text += "FMA, ";
#endif
#ifdef __AVX__
  return text + "AVX, SSE4.2";
#else
  return text + Eigen::SimdInstructionSetsInUse();
#endif
}

}  // namespace

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
  return model + ", " + instructions() + ", " LORA_COMPILER ", " LORA_PRODUCTS;
}

std::string version_text() {
  std::string text = "lora-train " LORA_VERSION "\n";
  text += "commit        " + commit() + "\n";
  text += "compiler      " LORA_COMPILER ", " LORA_BUILD_TYPE "\n";
  text += "instructions  " + instructions() + " (" LORA_TUNING ")\n";
  text += "products      " LORA_PRODUCTS "\n";
  text += "libraries     " LORA_BUILT_WITH "\n";
  return text;
}

}  // namespace lora::cli
