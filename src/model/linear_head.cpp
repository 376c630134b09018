#include "lora/model/linear_head.h"

#include <utility>

namespace lora {

LinearHead::LinearHead(std::string name, Linear linear)
    : name_(std::move(name)), linear_(std::move(linear)) {}

void LinearHead::forward(const Batch& batch, MutableView y, Tape& tape) const {
  if (batch.below) {
    linear_.forward_from(batch.below->input, batch.below->product, y, tape);
  } else {
    linear_.forward(batch.x, y, tape);
  }
}

void LinearHead::backward(const View& dy, Tape& tape) {
  linear_.backward(dy, nullptr, tape);
}

Below LinearHead::below(const Batch& batch, Tape& tape) const {
  auto z = tape.buffer(batch.size(), out_features());
  linear_.base_product(batch.x, z, tape);
  return {batch.x, z};
}

}  // namespace lora
