// What training makes small, and the table of its kinds.
#pragma once

#include <memory>
#include <span>
#include <string>
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

  /// The mean as it is reported: PyTorch's losses are float32, so it is rounded to one, once.
  double reported() const { return static_cast<double>(static_cast<float>(mean())); }
};

/// Nothing is divided here: the losses of parts of a batch add up to that of the whole, unless the
/// loss compares rows. Several threads call evaluate() at the same time, each for a part.
class Loss {
 public:
  virtual ~Loss() = default;

  /// The loss of output (n, out) for the batch's targets (n, out) or its n labels, which it must
  /// have, summed in double; a row counts as often as the batch's weights say (row_weight() in
  /// loss/rows.h). Writes the gradient of that sum, ∂sum/∂output, to grad (n, out) unless grad is
  /// null; what grad held is not looked at.
  virtual LossSum evaluate(const View& output, const Batch& batch, MutableView* grad,
                           const Compute& compute) const = 0;

  /// Whether a row's loss depends on the others of its batch: then neither batches nor processes
  /// can be added up to a larger one.
  virtual bool compares_rows() const { return false; }
};

/// A loss passes over what it does not use.
struct LossOptions {
  std::vector<double> class_weights = {};  ///< one for each class, or none: each 1
  double label_smoothing = 0;              ///< share of the target that is spread over all classes
  double huber_delta = 1;                  ///< the error from which on the loss is linear, above 0
  double temperature = 0.07;               ///< what cosines are divided by, above 0
};

/// Which options a loss uses.
struct LossUses {
  bool class_weights = false;
  bool label_smoothing = false;
  bool huber_delta = false;
  bool temperature = false;
};

struct LossKind {
  std::string_view name;
  std::string_view help;  ///< what it is good for, and whose it is
  Task task;
  LossUses uses;
  /// Throws Error(usage) for options outside their range.
  std::unique_ptr<Loss> (*make)(const LossOptions& options);
};

/// The first loss for a task is the task's own, the one that it has by default.
std::span<const LossKind> loss_kinds();

/// The kind that a task has by default.
const LossKind& default_loss(Task task);

/// Which of "class_weights", "label_smoothing", "huber_delta" and "temperature" a loss uses, in
/// this order.
std::vector<std::string> used_options(const LossKind& kind);

}  // namespace lora
