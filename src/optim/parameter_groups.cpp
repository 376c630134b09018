#include "lora/optim/parameter_groups.h"

#include <algorithm>

namespace lora {

std::vector<ParameterGroup> parameter_groups(const std::vector<TrainedParameter>& parameters,
                                             const ParameterGroupOptions& options) {
  std::vector<ParameterGroup> groups;
  for (const auto& [parameter, role] : parameters) {
    const bool decays = role != ParameterRole::bias || options.decay_bias;
    const double weight_decay = decays ? options.weight_decay : 0;
    const double lr_ratio = role == ParameterRole::weight ? 1 : options.lr_b_ratio;
    auto group = std::ranges::find_if(groups, [&](const ParameterGroup& known) {
      return known.weight_decay == weight_decay && known.lr_ratio == lr_ratio;
    });
    if (group == groups.end()) group = groups.insert(group, {{}, weight_decay, lr_ratio});
    group->parameters.push_back(parameter);
  }
  return groups;
}

}  // namespace lora
