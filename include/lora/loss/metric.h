// Figures by which a model is judged beside its loss, and the table of their kinds.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "lora/core/batch.h"
#include "lora/core/matrix.h"
#include "lora/loss/loss.h"

namespace lora {

/// Sums over batches, in double.
class Metric {
 public:
  explicit Metric(std::size_t sums) : sums_(sums, 0.0) {}
  virtual ~Metric() = default;

  /// Adds the rows of a batch, whose outputs are (n, out).
  virtual void add(const View& output, const Batch& batch) = 0;

  /// The figure for all rows since reset(). Not a number if there were none.
  virtual double result() const = 0;

  void reset() { sums_.assign(sums_.size(), 0.0); }

  /// What processes add up among each other.
  std::span<double> sums() { return sums_; }

 protected:
  std::vector<double> sums_;
};

struct MetricKind {
  std::string_view name;
  std::string_view label;  ///< as it is printed
  std::string_view help;
  Task task;
  std::unique_ptr<Metric> (*make)();
};

std::span<const MetricKind> metric_kinds();

/// A metric in use, and what it is called.
struct ReportedMetric {
  const MetricKind* kind;
  std::unique_ptr<Metric> metric;
};

/// One of each kind that fits the task, in the order of the table.
std::vector<ReportedMetric> make_metrics(Task task);

}  // namespace lora
