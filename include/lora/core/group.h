// The processes of a run: sums over all of them.
#pragma once

#include <span>

#include "lora/core/matrix.h"

namespace lora {

/// Each of its size() processes has a rank from 0 to size() − 1, and calls each sum together with
/// the others, with as many values.
class Group {
 public:
  virtual ~Group() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;

  /// Replaces each element by its sum over the processes, added in rank order.
  virtual void sum(std::span<Real> values) = 0;
  virtual void sum_wide(std::span<double> values) = 0;
};

/// The only process there is.
class SingleProcess : public Group {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void sum(std::span<Real> /*values*/) override {}
  void sum_wide(std::span<double> /*values*/) override {}
};

}  // namespace lora
