// Fuzzes the reading of adapter_config.json, and writes again what was read.
#include <string_view>

#include "fuzz_input.h"
#include "lora/artifact/peft_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  return lora::fuzz::read_or_refuse([&] {
    const lora::PeftConfig config = lora::parse_peft_config(text, "adapter_config.json");
    lora::parse_peft_config(lora::peft_config_text(config), "written again");
  });
}
