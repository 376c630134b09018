// The README.md beside a saved adapter.
#pragma once

#include <string>

#include "lora/artifact/peft_config.h"
#include "lora/artifact/run_record.h"

namespace lora {

/// A model card: what the adapter belongs to, what it does, its figures, how to load it.
std::string adapter_readme(const PeftConfig& config, const RunRecord& record);

}  // namespace lora
