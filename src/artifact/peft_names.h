// What PEFT calls the files and tensors of an adapter.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace lora {

inline constexpr std::string_view kModelFile = "adapter_model.safetensors";
inline constexpr std::string_view kConfigFile = "adapter_config.json";
inline constexpr std::string_view kReadmeFile = "README.md";

// PEFT wraps the model, and a layer that has an adapter is wrapped once more.
inline constexpr std::string_view kModelPrefix = "base_model.model.";
inline constexpr std::string_view kA = ".lora_A.weight";
inline constexpr std::string_view kB = ".lora_B.weight";
inline constexpr std::string_view kMagnitude = ".lora_magnitude_vector";
inline constexpr std::string_view kWrappedBias = ".base_layer.bias";
inline constexpr std::string_view kBias = ".bias";

/// "head", ".lora_A.weight" → "base_model.model.head.lora_A.weight".
inline std::string peft_tensor_name(const std::string& layer, std::string_view part) {
  return std::string(kModelPrefix) + layer + std::string(part);
}

inline std::string file_in(const std::string& directory, std::string_view file) {
  return (std::filesystem::path(directory) / file).string();
}

}  // namespace lora
