// Fuzzes the reading of .npz files.
#include "array_reading.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const lora::fuzz::InputDirectory directory;
  const std::string path = directory.write("input.npz", data, size);
  return lora::fuzz::read_or_refuse([&] { lora::fuzz::read_arrays(path); });
}
