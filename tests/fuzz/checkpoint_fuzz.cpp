// Fuzzes the reading of a checkpoint: its JSON file, a zero byte, and the file of its matrices.
#include <algorithm>
#include <vector>

#include "fuzz_input.h"
#include "lora/artifact/checkpoint.h"

namespace {

/// Asks for parts of every kind.
void visit_some_state(lora::StateVisitor& visitor) {
  lora::Matrix A(2, 3);
  std::int64_t steps = 0;
  double loss = 0;
  std::string generator;
  visitor.matrix("A", A);
  visitor.whole("steps", steps);
  visitor.number("loss", loss);
  visitor.text("generator", generator);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const lora::fuzz::InputDirectory directory;
  const std::uint8_t* const zero = std::find(data, data + size, std::uint8_t{0});
  const std::uint8_t* const tensors = zero == data + size ? zero : zero + 1;
  directory.write("step-000000000001.json", data, static_cast<std::size_t>(zero - data));
  directory.write("step-000000000001.safetensors", tensors,
                  static_cast<std::size_t>(data + size - tensors));
  return lora::fuzz::read_or_refuse([&] {
    std::vector<std::string> damaged;
    const auto checkpoint = lora::CheckpointDirectory(directory.path()).newest(damaged);
    if (checkpoint) checkpoint->restore(visit_some_state);
  });
}
