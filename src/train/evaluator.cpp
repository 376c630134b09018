#include "lora/train/evaluator.h"

#include <array>

namespace lora {

Evaluator::Evaluator(Objective& objective, std::span<const ReportedMetric> metrics,
                     Compute& compute, Group& group, const std::vector<Metric*>& more)
    : objective_(&objective), metrics_(metrics), group_(&group), tape_(compute) {
  for (const ReportedMetric& reported : metrics) accumulators_.push_back(reported.metric.get());
  accumulators_.insert(accumulators_.end(), more.begin(), more.end());
  reset();
}

void Evaluator::reset() {
  loss_ = {};
  for (Metric* metric : accumulators_) metric->reset();
}

void Evaluator::add(const Batch& batch) {
  tape_.reset(Mode::infer);
  loss_ += objective_->evaluate(batch, tape_, accumulators_);
}

Figures Evaluator::figures(const std::string& prefix, const std::string& label_prefix) {
  std::array<double, 2> totals = {loss_.sum, loss_.weight};
  group_->sum_wide(totals);
  // PyTorch's losses are float32: the one that is reported is rounded once.
  const auto loss = static_cast<double>(static_cast<float>(totals[0] / totals[1]));
  Figures figures = {{prefix + "loss", label_prefix + "loss", loss, false, true}};
  for (Metric* metric : accumulators_) metric->sum_over(*group_);
  for (const auto& [kind, metric] : metrics_) {
    figures.push_back({prefix + std::string(kind->name), label_prefix + std::string(kind->label),
                       metric->result(), kind->higher_is_better, kind->headline});
  }
  return figures;
}

}  // namespace lora
