// What training makes small, and the table of its kinds.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "lora/core/batch.h"
#include "lora/core/compute.h"
#include "lora/core/matrix.h"
#include "lora/core/task.h"

namespace lora {

/// A loss before anybody divides: the mean is sum / weight.
struct LossSum {
  double sum = 0;
  double weight = 0;  ///< elements or rows, each as often as it counts

  LossSum& operator+=(const LossSum& other) {
    sum += other.sum;
    weight += other.weight;
    return *this;
  }
  double mean() const { return sum / weight; }
};

class Loss {
 public:
  virtual ~Loss() = default;

  /// The loss of output (n, out) for the batch's targets or labels, summed in double; a row counts
  /// as often as the batch's weights say. Writes the gradient of that sum to grad (n, out) unless
  /// grad is null.
  virtual LossSum evaluate(const View& output, const Batch& batch, MutableView* grad,
                           const Compute& compute) const = 0;

  /// Whether a row's loss depends on the others of its batch: then neither batches nor processes
  /// can be added up to a larger one.
  virtual bool compares_rows() const { return false; }
};

/// What a kind of loss may use; it passes over the rest.
struct LossOptions {
  std::vector<double> class_weights;  ///< one for each class, or none: each 1
};

struct LossKind {
  std::string_view name;
  std::string_view help;
  Task task;
  std::unique_ptr<Loss> (*make)(const LossOptions& options);
};

std::span<const LossKind> loss_kinds();

}  // namespace lora
