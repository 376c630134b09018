#include "lora/io/layer_names.h"

#include <string_view>

namespace lora {

namespace {

constexpr std::string_view kWeight = "weight";
constexpr std::string_view kWeightSuffix = ".weight";
constexpr const char* kNamelessPath = "linear";

}  // namespace

std::string layer_path_of(const std::string& weight) {
  if (weight.empty() || weight == kWeight) return kNamelessPath;
  return weight.ends_with(kWeightSuffix) ? weight.substr(0, weight.size() - kWeightSuffix.size())
                                         : weight;
}

std::string bias_beside(const std::string& weight) {
  return weight == kWeight ? "bias" : layer_path_of(weight) + ".bias";
}

}  // namespace lora
