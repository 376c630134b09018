#include "lora/report/history.h"

#include <algorithm>

namespace lora {

void History::on_epoch(const EpochRecord& record) {
  const auto epoch = static_cast<double>(record.epoch);
  add("loss", epoch, record.loss);
  add("lr", epoch, record.lr);
  for (const NamedValue& figure : record.validation) add(figure.name, epoch, figure.value);
}

void History::add(const std::string& name, double epoch, double value) {
  auto curve = std::ranges::find(curves_, name, &Curve::name);
  if (curve == curves_.end()) curve = curves_.insert(curve, Curve{name, {}, {}});
  curve->epochs.push_back(epoch);
  curve->values.push_back(value);
}

const Curve* History::find(const std::string& name) const {
  const auto curve = std::ranges::find(curves_, name, &Curve::name);
  return curve == curves_.end() ? nullptr : &*curve;
}

}  // namespace lora
