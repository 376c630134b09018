// Fuzzes the reading of .safetensors files, as arrays and as frozen weights.
#include "array_reading.h"
#include "lora/io/weight_stack.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const lora::fuzz::InputDirectory directory;
  const std::string path = directory.write("input.safetensors", data, size);
  lora::fuzz::read_or_refuse([&] { lora::fuzz::read_arrays(path); });
  lora::fuzz::read_or_refuse([&] { lora::read_frozen_weight(path, lora::Layout::out_in); });
  return lora::fuzz::read_or_refuse(
      [&] { lora::read_frozen_stack(path + ":head", lora::Layout::out_in); });
}
