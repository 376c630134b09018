#include "recipe.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lora/core/error.h"
#include "lora/core/table.h"
#include "refusal.h"

namespace lora::cli {

namespace {

bool uses(const OptimizerKind& kind, std::string_view option) {
  const std::vector<std::string> used = used_options(kind);
  return std::ranges::find(used, option) != used.end();
}

/// The optimisers that use an option.
std::vector<std::string> users_of(std::string_view option) {
  std::vector<std::string> names;
  for (const OptimizerKind& kind : optimizer_kinds()) {
    if (uses(kind, option)) names.emplace_back(kind.name);
  }
  return names;
}

void check_used(const Options& o, const OptimizerKind& kind) {
  const std::array given = {
      std::pair{o.beta1.has_value(), "beta1"}, std::pair{o.beta2.has_value(), "beta2"},
      std::pair{o.eps.has_value(), "eps"}, std::pair{o.momentum.has_value(), "momentum"},
      std::pair{o.nesterov.has_value(), "nesterov"}};
  for (const auto& [is_given, option] : given) {
    if (!is_given || uses(kind, option)) continue;
    throw Error(ErrorKind::usage, "--", option, " is for --optimizer ", joined(users_of(option)),
                ", but this one is ", kind.name);
  }
}

}  // namespace

void resolve_optimizer(Options& o) {
  const OptimizerKind& kind = find_entry(optimizer_kinds(), "--optimizer", o.optimizer);
  check_used(o, kind);
  const auto fill = [](auto& value, const auto& otherwise) {
    if (!value) value = otherwise;
  };
  fill(o.beta1, kind.defaults.beta1);
  fill(o.beta2, kind.defaults.beta2);
  fill(o.eps, kind.defaults.eps);
  fill(o.momentum, kind.defaults.momentum);
  fill(o.nesterov, kind.defaults.nesterov);
  fill(o.weight_decay, std::optional(kind.defaults.weight_decay));

  refuse_without(o.nesterov.value_or(false), o.momentum.value_or(0) > 0, "nesterov", "momentum");
  refuse_without(o.decay_bias, *o.weight_decay > 0, "decay-bias", "weight-decay");
  const bool trains_bias = o.bias ? *o.bias != "none" : !o.adapters.empty();
  refuse_without(o.decay_bias, trains_bias, "decay-bias", "bias");
}

OptimizerOptions optimizer_options(const Options& o) {
  return {o.beta1, o.beta2, o.eps, o.momentum.value_or(0), o.nesterov.value_or(false)};
}

ParameterGroupOptions group_options(const Options& o) {
  return {*o.weight_decay, o.decay_bias, o.lr_b_ratio.value_or(1)};
}

}  // namespace lora::cli
