// Fuzzes the reading of the file of --config.
#include "config_file.h"
#include "fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const lora::fuzz::InputDirectory directory;
  const std::string path = directory.write("input.toml", data, size);
  return lora::fuzz::read_or_refuse([&] { lora::cli::read_config(path); });
}
