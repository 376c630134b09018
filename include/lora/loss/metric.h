// Figures by which a model is judged beside its loss, and the table of their kinds.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "lora/core/batch.h"
#include "lora/core/group.h"
#include "lora/core/matrix.h"
#include "lora/loss/loss.h"

namespace lora {

/// Sums over batches, in double. A row counts as often as its batch's weights say, as with
/// scikit-learn's sample_weight; one of weight 0 is as if it were not there. A figure that follows
/// from `sums_` needs neither reset() nor sum_over() of its own.
class Metric {
 public:
  explicit Metric(std::size_t sums) : sums_(sums, 0.0) {}
  virtual ~Metric() = default;

  /// Adds the rows of a batch, whose outputs are (n, out). It must have the targets or labels that
  /// the metric compares.
  virtual void add(const View& output, const Batch& batch) = 0;

  /// The figure for all rows since reset(). Not a number if there were none.
  virtual double result() const = 0;

  /// The figure of each target or class, for those that have one.
  virtual std::vector<double> parts() const { return {}; }

  virtual void reset() { sums_.assign(sums_.size(), 0.0); }

  /// Adds up what the processes of a run have seen: each then has the figures of all rows.
  virtual void sum_over(Group& group) { group.sum_wide(sums_); }

 protected:
  std::vector<double> sums_;
};

struct MetricKind {
  std::string_view name;
  std::string_view label;  ///< as it is printed
  std::string_view help;
  Task task;
  bool higher_is_better;
  bool headline;  ///< shown after each epoch; the others only at the end
  std::unique_ptr<Metric> (*make)(Index outputs);
};

std::span<const MetricKind> metric_kinds();

/// A metric in use, and what it is called.
struct ReportedMetric {
  const MetricKind* kind;
  std::unique_ptr<Metric> metric;
};

/// One of each kind that fits the task, in the order of the table, for a model with that many
/// outputs.
std::vector<ReportedMetric> make_metrics(Task task, Index outputs);

}  // namespace lora
