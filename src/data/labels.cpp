#include "lora/data/labels.h"

#include <algorithm>

namespace lora {

namespace {

// More classes than any head has: such a column holds identifiers, not labels.
constexpr std::int64_t kMostClasses = 1 << 24;

}  // namespace

std::string label_fault(std::int64_t label, std::optional<Index> classes) {
  const std::int64_t limit = classes.value_or(kMostClasses);
  if (label >= 0 && label < limit) return "";
  return "label " + std::to_string(label) + " is not a class; classes are 0 to " +
         std::to_string(limit - 1) + (label == limit ? "; are they counted from 1?" : "");
}

void append_label(std::int64_t label, Dataset& data) {
  data.labels.push_back(static_cast<std::int32_t>(label));
  data.classes = std::max<Index>(data.classes, label + 1);
}

}  // namespace lora
