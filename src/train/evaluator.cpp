#include "lora/train/evaluator.h"

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
  const double loss = summed_over(*group_, loss_).reported();
  Figures figures = {{prefix + "loss", label_prefix + "loss", loss, false, true}};
  for (Metric* metric : accumulators_) metric->sum_over(*group_);
  for (const auto& [kind, metric] : metrics_) {
    figures.push_back({prefix + std::string(kind->name), label_prefix + std::string(kind->label),
                       metric->result(), kind->higher_is_better, kind->headline});
  }
  return figures;
}

}  // namespace lora
