#include "lora/loss/metric.h"

#include <array>

#include "lora/loss/accuracy.h"

namespace lora {

namespace {

constexpr std::array kMetrics = {
    MetricKind{"accuracy", "accuracy", "share of rows whose largest output is their label's",
               Task::classification, Accuracy::make},
};

}  // namespace

std::span<const MetricKind> metric_kinds() {
  return kMetrics;
}

std::vector<ReportedMetric> make_metrics(Task task) {
  std::vector<ReportedMetric> metrics;
  for (const MetricKind& kind : kMetrics) {
    if (kind.task == task) metrics.push_back({&kind, kind.make()});
  }
  return metrics;
}

}  // namespace lora
