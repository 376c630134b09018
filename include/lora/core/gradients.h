// Gradients apart from the parameters that own one.
#pragma once

#include <vector>

#include "lora/core/matrix.h"
#include "lora/core/parameter.h"

namespace lora {

/// Room for one more gradient of each parameter, for a part of a batch that is computed at the same
/// time as another.
class Gradients {
 public:
  /// Zeros, for parameters that are trainable, stay so and outlive it.
  explicit Gradients(std::vector<Parameter*> parameters);

  void set_zero() { numbers_.setZero(); }

  /// Of one of the parameters, in its shape. Throws std::logic_error for any other.
  MutableViewMap of(const Parameter& parameter);

  /// Adds all of them to the parameters' own.
  void add_to_parameters() const;

 private:
  std::vector<Parameter*> parameters_;
  Eigen::Matrix<Real, Eigen::Dynamic, 1> numbers_;  // one parameter's after the other's
};

}  // namespace lora
