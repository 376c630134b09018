#include "lora/nn/dropout.h"

namespace lora {

View Dropout::forward(const View& x, Tape& tape) const {
  if (!active(tape)) return x;
  auto noise = tape.buffer(x.rows(), x.cols());
  auto dropped = tape.buffer(x.rows(), x.cols());
  dropout(x, rate_, tape.rng(), noise, dropped, tape.places());
  tape.save(this, {noise});
  return dropped;
}

}  // namespace lora
