// What every metric of the table keeps to.
#include "lora/loss/metric.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lora/loss/confusion.h"
#include "lora/loss/regression_report.h"
#include "support/catch.h"
#include "support/matrices.h"
#include "support/processes.h"

using namespace lora;
using lora::test::fractions;
using lora::test::sum_over_two;

namespace {

constexpr Index kOutputs = 4;

/// Outputs with targets and labels for them.
struct Rows {
  explicit Rows(Index n) : y(fractions(n, kOutputs, 1)), targets(fractions(n, kOutputs, 2)) {
    for (Index i = 0; i < n; ++i) labels.push_back(static_cast<std::int32_t>(i * 7 % kOutputs));
  }

  /// Shows n rows from `first` to the metric.
  void add(Metric& metric, Index first, Index n) const {
    const auto begin = static_cast<std::size_t>(first);
    const auto count = static_cast<std::size_t>(n);
    Batch batch{{},
                y.middleRows(first, n),
                View(targets.middleRows(first, n)),
                std::span(labels).subspan(begin, count),
                std::nullopt};
    if (!weights.empty()) batch.weights = std::span(weights).subspan(begin, count);
    metric.add(batch.x, batch);
  }

  Matrix y;
  Matrix targets;
  std::vector<std::int32_t> labels;
  std::vector<Real> weights;
};

struct NamedMetric {
  std::string name;
  std::unique_ptr<Metric> metric;
};

/// The metrics of the table that have a figure of each row, and those for final tables.
std::vector<NamedMetric> all_metrics() {
  std::vector<NamedMetric> metrics;
  for (const MetricKind& kind : metric_kinds()) {
    if (kind.task == Task::retrieval) continue;
    metrics.push_back({std::string(kind.name), kind.make(kOutputs)});
  }
  metrics.push_back({"report", std::make_unique<RegressionReport>(kOutputs)});
  metrics.push_back({"confusion", std::make_unique<Confusion>(kOutputs)});
  return metrics;
}

void check_equal(const Metric& metric, const Metric& expected) {
  CHECK(metric.result() == Approx(expected.result()).epsilon(1e-13));
  const std::vector<double> parts = metric.parts();
  REQUIRE(parts.size() == expected.parts().size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    CHECK(parts[i] == Approx(expected.parts()[i]).epsilon(1e-13));
  }
}

}  // namespace

TEST_CASE("each task gets the metrics that fit it, one of them its headline", "[loss][metric]") {
  std::size_t made = 0;
  std::string headlines;
  for (const auto& [task, name] : kTasks) {
    INFO(name);
    for (const ReportedMetric& reported : make_metrics(task, 3)) {
      CHECK(reported.kind->task == task);
      CHECK(reported.metric != nullptr);
      if (reported.kind->headline) headlines += std::string(reported.kind->name) + " ";
      ++made;
    }
  }
  CHECK(made == metric_kinds().size());
  CHECK(headlines == "r2 accuracy label_accuracy recall_1 ");
}

TEST_CASE("a metric is not a number until it has seen a row that counts", "[loss][metric]") {
  Rows rows(2);
  for (const NamedMetric& named : all_metrics()) {
    INFO(named.name);
    Metric& metric = *named.metric;
    CHECK(std::isnan(metric.result()));
    rows.weights = {0, 0};
    rows.add(metric, 0, 2);
    CHECK(std::isnan(metric.result()));
    rows.weights.clear();
    rows.add(metric, 0, 2);
    CHECK(std::isfinite(metric.result()));
    metric.reset();
    CHECK(std::isnan(metric.result()));
  }
}

TEST_CASE("batches add up to what all their rows are at once", "[loss][metric]") {
  Rows rows(40);
  for (int i = 0; i < 40; ++i) rows.weights.push_back(static_cast<Real>(i % 5) / 4);
  const std::vector<NamedMetric> at_once = all_metrics();
  const std::vector<NamedMetric> in_batches = all_metrics();
  for (std::size_t i = 0; i < at_once.size(); ++i) {
    INFO(at_once[i].name);
    Metric& metric = *in_batches[i].metric;
    rows.add(*at_once[i].metric, 0, 40);
    rows.add(metric, 5, 35);  // forgotten
    metric.reset();
    for (const Index first : {0, 13, 26}) rows.add(metric, first, first == 26 ? 14 : 13);
    check_equal(metric, *at_once[i].metric);
  }
}

TEST_CASE("processes add up to what all their rows are at once", "[loss][metric]") {
  Rows rows(40);
  rows.targets.array() += 1000;
  rows.targets.topRows(29).array() += 20;  // the shifts of the two are far apart
  rows.y.array() += 1007;
  for (const Index half : {0, 1, 29, 40}) {
    const std::vector<NamedMetric> at_once = all_metrics();
    const std::vector<NamedMetric> upper = all_metrics();
    const std::vector<NamedMetric> lower = all_metrics();
    for (std::size_t i = 0; i < at_once.size(); ++i) {
      INFO(at_once[i].name << ", " << half << " rows and the others");
      rows.add(*at_once[i].metric, 0, 40);
      rows.add(*upper[i].metric, 0, half);
      rows.add(*lower[i].metric, half, 40 - half);
      sum_over_two(*upper[i].metric, *lower[i].metric);
      check_equal(*upper[i].metric, *at_once[i].metric);
      CHECK(upper[i].metric->result() == lower[i].metric->result());
    }
  }
}

TEST_CASE("a row of weight 3 is three rows to a metric, and one of weight 0 none",
          "[loss][metric]") {
  const Rows plain(6);
  Rows weighted(6);
  weighted.weights = {0, 3, 1, 1, 1, 1};
  const std::vector<NamedMetric> repeated = all_metrics();
  const std::vector<NamedMetric> counted = all_metrics();
  for (std::size_t i = 0; i < repeated.size(); ++i) {
    INFO(repeated[i].name);
    for (int time = 0; time < 2; ++time) plain.add(*repeated[i].metric, 1, 1);
    plain.add(*repeated[i].metric, 1, 5);
    weighted.add(*counted[i].metric, 0, 6);
    check_equal(*counted[i].metric, *repeated[i].metric);
  }
}
