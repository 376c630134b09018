// What lies behind the figures of an evaluation: each target, each class.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "lora/core/matrix.h"
#include "lora/core/task.h"
#include "lora/loss/confusion.h"
#include "lora/loss/label_report.h"
#include "lora/loss/metric.h"
#include "lora/loss/regression_report.h"

namespace lora::cli {

class Details {
 public:
  /// `names` are those of the targets, classes or labels; without them their numbers stand.
  Details(Task task, Index outputs, std::vector<std::string> names);

  /// What an evaluation shows its outputs to.
  std::vector<Metric*> accumulators();

  /// A table: MSE, RMSE, MAE and R² of each target, the confusion of the classes, or how often
  /// each label is told right. Nothing for retrieval.
  std::vector<std::string> lines() const;

  /// The same as fields of a JSON object.
  nlohmann::ordered_json json() const;

 private:
  std::vector<std::string> target_lines() const;
  std::vector<std::string> class_lines() const;
  std::vector<std::string> label_lines() const;
  std::vector<std::string> worst_confusions() const;
  double count(std::size_t actual, std::size_t predicted) const;

  std::vector<std::string> names_;
  std::unique_ptr<RegressionReport> targets_;
  std::unique_ptr<Confusion> confusion_;  // null for more classes than it holds
  std::unique_ptr<LabelReport> labels_;
};

}  // namespace lora::cli
