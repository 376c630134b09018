#include "recipe.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lora/core/error.h"
#include "lora/core/table.h"
#include "refusal.h"

namespace lora::cli {

namespace {

struct Given {
  bool is_given;
  std::string option;  ///< as used_options() calls it
};

/// "min_lr" → "min-lr".
std::string flag_of(std::string option) {
  std::ranges::replace(option, '_', '-');
  return option;
}

/// Refuses options that the chosen kind does not use, naming those that do.
template <class Kind>
void check_used(const std::vector<Given>& all, const Kind& chosen, std::span<const Kind> kinds,
                std::string_view chooser) {
  for (const auto& [is_given, option] : all) {
    const std::vector<std::string> users = users_of(option, kinds);
    if (!is_given || std::ranges::count(users, chosen.name) > 0) continue;
    throw Error(ErrorKind::usage, "--", flag_of(option), " is for --", chooser, " ", joined(users),
                ", but this one is ", chosen.name);
  }
}

template <class Value, class Default>
void fill(std::optional<Value>& value, bool used, const Default& otherwise) {
  if (used && !value) value = otherwise;
}

void resolve_optimizer(Options& o) {
  const OptimizerKind& kind = find_entry(optimizer_kinds(), "--optimizer", o.optimizer);
  check_used({{o.beta1.has_value(), "beta1"},
              {o.beta2.has_value(), "beta2"},
              {o.eps.has_value(), "eps"},
              {o.momentum.has_value(), "momentum"},
              {o.nesterov.has_value(), "nesterov"}},
             kind, optimizer_kinds(), "optimizer");
  const OptimizerDefaults& defaults = kind.defaults;
  fill(o.beta1, true, defaults.beta1);
  fill(o.beta2, true, defaults.beta2);
  fill(o.eps, true, defaults.eps);
  fill(o.momentum, true, defaults.momentum);
  fill(o.nesterov, true, defaults.nesterov);
  fill(o.weight_decay, true, defaults.weight_decay);

  refuse_without(o.nesterov.value_or(false), o.momentum.value_or(0) > 0, "nesterov", "momentum");
  refuse_without(o.decay_bias, *o.weight_decay > 0, "decay-bias", "weight-decay");
  const bool trains_bias = o.bias ? *o.bias != "none" : !o.adapters.empty();
  refuse_without(o.decay_bias, trains_bias, "decay-bias", "bias");
}

void resolve_schedule(Options& o) {
  const ScheduleKind& kind = find_entry(schedule_kinds(), "--schedule", o.schedule);
  refuse_together(o.warmup_steps.has_value(), "warmup-steps", o.warmup_ratio.has_value(),
                  "warmup-ratio", "both say how long the rate rises");
  check_used({{o.warmup_steps.has_value() || o.warmup_ratio.has_value(), "warmup_steps"},
              {o.min_lr.has_value(), "min_lr"},
              {o.cycles.has_value(), "cycles"},
              {o.power.has_value(), "power"},
              {o.decay_steps.has_value(), "decay_steps"},
              {o.patience.has_value(), "patience"},
              {o.factor.has_value(), "factor"}},
             kind, schedule_kinds(), "schedule");
  if (o.min_lr && *o.min_lr > o.lr) {
    throw Error(ErrorKind::usage, "--min-lr ", *o.min_lr, " is above --lr ", o.lr,
                ", from which the rate falls");
  }
  refuse_together(kind.uses.patience && o.min_lr.value_or(0) > 0, "min-lr",
                  o.lr_b_ratio.has_value(), "lr-b-ratio",
                  "PyTorch's plateau holds each group's rate above it, whatever their ratio");
  const ScheduleOptions defaults;
  fill(o.warmup_steps, kind.uses.warmup_steps && !o.warmup_ratio, defaults.warmup_steps);
  fill(o.min_lr, kind.uses.min_lr, defaults.min_lr);
  fill(o.cycles, kind.uses.cycles, defaults.cycles);
  fill(o.power, kind.uses.power, defaults.power);
  fill(o.patience, kind.uses.patience, defaults.patience);
  fill(o.factor, kind.uses.factor, defaults.factor);
}

}  // namespace

void resolve_recipe(Options& o) {
  resolve_optimizer(o);
  resolve_schedule(o);
}

void resolve_loss(Options& o) {
  const LossKind& kind = find_entry(loss_kinds(), "--loss", *o.loss);
  check_used({{!o.class_weights.empty(), "class_weights"},
              {o.label_smoothing.has_value(), "label_smoothing"},
              {o.huber_delta.has_value(), "huber_delta"},
              {o.temperature.has_value(), "temperature"}},
             kind, loss_kinds(), "loss");
  const LossOptions defaults;
  fill(o.label_smoothing, kind.uses.label_smoothing, defaults.label_smoothing);
  fill(o.huber_delta, kind.uses.huber_delta, defaults.huber_delta);
  fill(o.temperature, kind.uses.temperature, defaults.temperature);
}

OptimizerOptions optimizer_options(const Options& o) {
  return {o.beta1, o.beta2, o.eps, o.momentum.value_or(0), o.nesterov.value_or(false)};
}

ParameterGroupOptions group_options(const Options& o) {
  return {*o.weight_decay, o.decay_bias, o.lr_b_ratio.value_or(1)};
}

LossOptions loss_options(const Options& o) {
  LossOptions options;
  options.label_smoothing = o.label_smoothing.value_or(options.label_smoothing);
  options.huber_delta = o.huber_delta.value_or(options.huber_delta);
  options.temperature = o.temperature.value_or(options.temperature);
  return options;
}

std::unique_ptr<Schedule> make_schedule(const Options& o, Index total_steps) {
  ScheduleOptions schedule;
  schedule.lr = o.lr;
  schedule.total_steps = total_steps;
  schedule.warmup_steps =
      o.warmup_ratio ? share_of_steps(*o.warmup_ratio, total_steps) : o.warmup_steps.value_or(0);
  schedule.min_lr = o.min_lr.value_or(0);
  schedule.cycles = o.cycles.value_or(1);
  schedule.power = o.power.value_or(1);
  schedule.decay_steps = o.decay_steps;
  schedule.patience = o.patience.value_or(schedule.patience);
  schedule.factor = o.factor.value_or(schedule.factor);
  if (o.decay_steps && schedule.warmup_steps + *o.decay_steps > total_steps) {
    throw Error(ErrorKind::usage, "--decay-steps ", *o.decay_steps, " and a warm-up of ",
                schedule.warmup_steps, " steps are more than the ", total_steps,
                " steps of this run");
  }
  return find_entry(schedule_kinds(), "--schedule", o.schedule).make(schedule);
}

}  // namespace lora::cli
