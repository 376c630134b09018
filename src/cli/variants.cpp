#include "variants.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "lora/core/error.h"
#include "refusal.h"
#include "resolve.h"
#include "sweep.h"

namespace lora::cli {

namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

void check_several(const Options& o) {
  constexpr std::string_view kReason = "one command compares one kind of runs";
  refuse_together(o.folds.has_value(), "folds", !o.sweep.empty(), "sweep", kReason);
  refuse_together(o.folds.has_value(), "folds", o.compare_full, "compare-full", kReason);
  refuse_together(!o.sweep.empty(), "sweep", o.compare_full, "compare-full", kReason);
  const std::string which = o.folds ? "folds" : o.compare_full ? "compare-full" : "sweep";
  refuse_together(!o.checkpoint.empty(), "checkpoint", o.of_several_runs(), which,
                  "a checkpoint is of one run");
  refuse_together(!o.log.empty(), "log", o.of_several_runs(), which, "a log is of one run");
  refuse_together(!o.plot.empty(), "plot", o.of_several_runs(), which, "a plot is of one run");
  refuse_together(!o.report.empty(), "report", o.of_several_runs(), which,
                  "a report is of one run");
  refuse_together(!o.tensorboard.empty(), "tensorboard", o.of_several_runs(), which,
                  "an event file is of one run");
  refuse_together(o.profile, "profile", o.of_several_runs(), which, "a profile is of one run");
}

void check_folds(const Options& o) {
  constexpr std::string_view kReason = "each part of --data is held out once";
  refuse_without(o.folds.has_value(), !o.is_demo(), "folds", "data");
  refuse_together(o.folds.has_value(), "folds", !o.val.empty(), "val", kReason);
  refuse_together(o.folds.has_value(), "folds", o.val_split.has_value(), "val-split", kReason);
}

void check_comparison(const Options& o) {
  refuse_together(o.compare_full, "compare-full", o.method == "full", "method full",
                  "the whole weight is trained beside an adapter");
  refuse_together(o.compare_full, "compare-full", !o.adapters.empty(), "adapter",
                  "the adapter would start ahead of the whole weight");
}

/// Of one run, without what asks for several.
Options alone(Options options) {
  options.sweep.clear();
  options.compare_full = false;
  return options;
}

/// A flag wins over the file; what is given beside the sweep contradicts it.
void check_not_given(const std::vector<SweptOption>& swept, const Options& o) {
  const bool all_in_file = contains(o.given_in_file, "sweep");
  for (const SweptOption& option : swept) {
    const bool twice = contains(o.given_on_line, option.name) ||
                       (all_in_file && contains(o.given_in_file, option.name));
    refuse_together(twice, option.name, true, "sweep", "the sweep has values of it");
  }
}

/// Runs whose losses are different functions need another figure to be compared by.
void check_same_measure(const std::vector<SweptOption>& swept, const Options& o) {
  const std::string measure = o.keep_best.value_or("val_loss");
  if (measure != "loss" && measure != "val_loss" && measure != "none") return;
  for (const SweptOption& option : swept) {
    for (const char* shapes_loss : {"huber-delta", "temperature", "label-smoothing"}) {
      if (option.name != shapes_loss) continue;
      throw Error(ErrorKind::usage, "--sweep: another ", option.name,
                  " is another loss, by which runs cannot be compared; name another figure with "
                  "--keep-best");
    }
  }
}

void add(Variants& variants, const Options& options, const std::vector<std::string>& values) {
  variants.options.push_back(options);
  variants.values.push_back(values);
  auto& facts = variants.facts.emplace_back(nlohmann::ordered_json::object());
  for (std::size_t k = 0; k < values.size(); ++k) facts[variants.keys[k]] = values[k];
}

const Setting& setting_called(const std::string& name, const std::vector<Setting>& settings) {
  return *std::ranges::find(settings, name, &Setting::name);
}

/// Gives the swept options of a run their values, and resolves the others.
void settle(Variants& variants, std::size_t run) {
  const std::vector<Setting> settings = bind(variants.options[run]);
  for (std::size_t k = 0; k < variants.keys.size(); ++k) {
    setting_called(variants.keys[k], settings).set(variants.values[run][k]);
  }
  resolve_training(variants.options[run]);
  for (const std::string& key : variants.keys) {
    variants.facts[run][key] = setting_called(key, settings).value();
  }
}

Variants swept_variants(const Options& options) {
  Options base = alone(options);
  const std::vector<SweptOption> swept = parse_sweep(options.sweep, bind(base));
  check_not_given(swept, options);
  check_same_measure(swept, options);
  Variants variants;
  for (const SweptOption& option : swept) variants.keys.push_back(option.name);
  for (const auto& values : combinations(swept)) add(variants, base, values);
  for (std::size_t run = 0; run < variants.options.size(); ++run) {
    try {
      settle(variants, run);
    } catch (const Error& error) {
      throw Error(error.kind(), "--sweep, at ", described(variants, run), ": ", error.what());
    }
  }
  return variants;
}

Variants fold_variants(Options options) {
  resolve_training(options);
  Variants variants;
  variants.keys = {"fold"};
  for (options.fold = 0; options.fold < *options.folds; ++options.fold) {
    add(variants, options, {std::to_string(options.fold + 1)});
    variants.facts.back()["fold"] = options.fold + 1;
  }
  return variants;
}

/// The same recipe without what is an adapter's alone.
Options with_whole_weight(Options options) {
  options.method = "full";
  options.rank.reset();
  options.alpha.reset();
  options.init.reset();
  options.rslora = false;
  options.dora = false;
  options.dropout = 0;
  options.targets.clear();
  options.rank_pattern.clear();
  options.alpha_pattern.clear();
  options.lr_b_ratio.reset();
  options.save.clear();
  options.overwrite = false;
  return options;
}

Variants compared_variants(const Options& options) {
  Options adapter = alone(options);
  Options whole = with_whole_weight(adapter);
  resolve_training(adapter);
  resolve_training(whole);
  Variants variants;
  variants.keys = {"method"};
  add(variants, adapter, {adapter.dora ? "dora" : "lora"});
  add(variants, whole, {"full"});
  return variants;
}

}  // namespace

std::string described(const Variants& variants, std::size_t run) {
  std::string text;
  for (std::size_t k = 0; k < variants.keys.size(); ++k) {
    text += (k == 0 ? "" : ", ") + variants.keys[k] + " " + variants.values[run][k];
  }
  return text;
}

Variants variants_of(const Options& options) {
  check_several(options);
  check_folds(options);
  check_comparison(options);
  return options.folds          ? fold_variants(options)
         : options.compare_full ? compared_variants(options)
                                : swept_variants(options);
}

void resolve_all_training(Options& options) {
  if (options.of_several_runs()) variants_of(options);
  if (options.sweep.empty()) resolve_training(options);
}

void leave_out_swept(std::vector<Setting>& settings, const Options& options) {
  if (options.sweep.empty()) return;
  for (const SweptOption& option : parse_sweep(options.sweep, settings)) {
    std::erase_if(settings, [&](const Setting& setting) { return setting.name == option.name; });
  }
}

}  // namespace lora::cli
