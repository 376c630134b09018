// The directory in which PEFT keeps an adapter.
#pragma once

#include <string>
#include <vector>

#include "lora/model/model.h"
#include "lora/nn/adapter.h"

namespace lora {

/// What adapter_config.json says of an adapter beside its tensors.
struct PeftConfig {
  std::string base_model;  ///< base_model_name_or_path; empty if the base is no file
  AdapterOptions adapter;
  std::string bias = "none";  ///< none or all: which biases are saved with the adapter
};

/// The paths that save_peft_adapter() writes.
std::vector<std::string> peft_adapter_files(const std::string& directory);

/// Makes `directory` if it is not there, and finds out whether files can be made in it: before a
/// long run, not after it. Throws Error(output).
void prepare_peft_directory(const std::string& directory);

/// Writes adapter_model.safetensors (lora_A and lora_B of each layer, and with bias "all" the
/// biases) and adapter_config.json into `directory`. Both are
/// complete and checked before either replaces what was there. Throws Error(output).
void save_peft_adapter(const std::string& directory, Model& model, const PeftConfig& config);

}  // namespace lora
