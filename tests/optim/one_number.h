// One trained number, for steps that are computed by hand.
#pragma once

#include <memory>
#include <vector>

#include "lora/core/parameter.h"
#include "lora/optim/optimizer.h"

namespace lora::test {

class OneNumber {
 public:
  explicit OneNumber(double start)
      : parameter_{Matrix::Constant(1, 1, static_cast<Real>(start)), {}} {
    parameter_.set_trainable(true);
  }

  std::vector<ParameterGroup> groups(double weight_decay = 0) {
    return {{{&parameter_}, weight_decay}};
  }

  /// The number after a step with a gradient.
  double after(Optimizer& optimizer, double lr, double gradient) {
    parameter_.grad(0, 0) = static_cast<Real>(gradient);
    optimizer.step(lr, 1);
    return static_cast<double>(parameter_.value(0, 0));
  }

 private:
  Parameter parameter_;
};

}  // namespace lora::test
