#include "lora/train/best_epoch.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace lora {

void BestEpoch::offer(const EpochRecord& record, const std::vector<NamedParameter>& parameters) {
  double value = record.loss;
  bool higher_is_better = false;
  if (figure_ != "loss") {
    const auto found = std::ranges::find(record.validation, figure_, &NamedValue::name);
    if (found == record.validation.end()) return;
    value = found->value;
    higher_is_better = found->higher_is_better;
  }
  if (std::isnan(value)) return;
  if (record_ && (higher_is_better ? value <= value_ : value >= value_)) return;

  record_ = record;
  value_ = value;
  values_.resize(parameters.size());
  for (std::size_t i = 0; i < parameters.size(); ++i) values_[i] = parameters[i].parameter->value;
}

void BestEpoch::visit_state(StateVisitor& visitor, const std::vector<NamedParameter>& parameters) {
  EpochRecord record = record_.value_or(EpochRecord{});
  visitor.whole("best.epoch", record.epoch);
  if (record.epoch == 0) return;  // none so far
  visitor.number("best.value", value_);
  visitor.number("best.loss", record.loss);
  std::string figures = text_of(record.validation);
  visitor.text("best.validation", figures);
  record.validation = figures_of(figures);
  record_ = record;
  values_.resize(parameters.size());
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Matrix& value = parameters[i].parameter->value;
    values_[i].resize(value.rows(), value.cols());
    visitor.matrix("best." + parameters[i].name, values_[i]);
  }
}

void BestEpoch::restore(const std::vector<NamedParameter>& parameters) const {
  if (!record_) return;
  for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i].parameter->value = values_[i];
}

}  // namespace lora
