#include "announce.h"

#include <algorithm>
#include <sstream>

#include <spdlog/spdlog.h>

#include "adaptation.h"
#include "command_line.h"
#include "lora/core/table.h"
#include "lora/core/text.h"
#include "terminal_reporter.h"

namespace lora::cli {

namespace {

constexpr std::size_t kNamesShown = 4;

/// "'a', 'b', 'c', … 'z'".
std::string shown(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool skipped = names.size() > kNamesShown + 1 && i >= kNamesShown - 1;
    if (skipped && i + 1 < names.size()) continue;
    text += (i == 0 ? "" : skipped ? ", … " : ", ") + in_quotes(names[i]);
  }
  return text;
}

/// Of an adapter that training starts from it was said before.
void warn_of_constant_features(const Run& run) {
  const bool from_record = run.start && run.start->record && run.start->record->scaling;
  if (!run.scaling || from_record) return;
  const std::vector<std::string>& names = run.facts.feature_names;
  for (const Index column : run.scaling->constant_columns()) {
    spdlog::warn("warning: feature {} is the same in every training row, so it becomes 0",
                 names.empty() ? std::to_string(column + 1)
                               : in_quotes(names[static_cast<std::size_t>(column)]));
  }
}

/// True if the targets of a regression are few different whole numbers from 0.
bool look_like_classes(const Dataset& data) {
  constexpr Real kMostClasses = 100;
  if (data.targets.cols() != 1) return false;
  const auto column = data.targets.col(0).array();
  return column.minCoeff() >= 0 && column.maxCoeff() >= 1 && column.maxCoeff() < kMostClasses &&
         (column == column.round()).all();
}

/// Without a base, labels from 1 make an output that no row is of.
bool no_row_has_class_0(const Run& run) {
  return run.data().has_labels() && run.class_names.empty() && run.base->name.empty() &&
         std::ranges::find(run.data().labels, 0) == run.data().labels.end();
}

std::string described_data(const Run& run, const Options& o) {
  std::string text = o.is_demo() ? "random numbers" : run.facts.label;
  if (!o.pairs.empty()) {
    text += fmt::format(
        ": {} rows, {} features; {} pairs in {}", run.data().rows(), run.model().in_features(),
        o.folds ? std::ssize(run.inputs.pairs.train) : run.train_loader->rows(), o.pairs);
    if (o.folds) return text + fmt::format("; in {} folds", *o.folds);
    if (run.validation_loader) {
      text += fmt::format("; {} pairs held out{}", run.validation_loader->rows(),
                          o.val.empty() ? "" : " in " + o.val);
    }
    return text;
  }
  const Index rows = o.folds ? run.data().rows() : run.train_loader->rows();
  text += fmt::format(": {} rows, {} features, {} {}", rows, run.model().in_features(),
                      run.model().out_features(), run.data().has_labels() ? "classes" : "outputs");
  if (o.folds) return text + fmt::format("; in {} folds", *o.folds);
  if (run.validation_loader) {
    text += fmt::format("; {} rows held out{}", run.validation_loader->rows(),
                        o.val.empty() ? "" : " in " + o.val);
  }
  return text;
}

/// "4", or "1 to 8".
template <class Number>
std::string span_text(const std::vector<Number>& numbers) {
  const auto [least, most] = std::ranges::minmax(numbers);
  return least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most);
}

std::string described_adapter(Run& run, const Options& o) {
  std::vector<std::string> layers;
  std::vector<Index> ranks;
  std::vector<double> scales;
  for (const auto& [path, layer] : linears_of(run.model())) {
    if (layer->adapter() == nullptr) continue;
    layers.push_back(path);
    ranks.push_back(run.adapter.rank_of(path));
    scales.push_back(run.adapter.scale_of(path));
  }
  if (o.method == "full") {
    return fmt::format("none: the whole weight of {} is trained, bias {}", joined(layers),
                       run.adapter.bias);
  }
  return fmt::format("{} on {}: rank {}, scale {}, {}, bias {}{}",
                     run.adapter.dora ? "dora" : "lora", joined(layers), span_text(ranks),
                     span_text(scales), run.start ? "from " + o.adapter : "init " + *o.init,
                     run.adapter.bias, o.dropout > 0 ? fmt::format(", dropout {}", o.dropout) : "");
}

std::string described_base(Run& run) {
  const std::vector<NamedLinear> layers = linears_of(run.model());
  std::string shape =
      fmt::format("({}, {})", run.model().out_features(), run.model().in_features());
  if (layers.size() > 1) {
    std::vector<std::string> widths = {std::to_string(run.model().in_features())};
    for (const auto& [path, layer] : layers) {
      widths.push_back(std::to_string(layer->out_features()));
    }
    shape = fmt::format("{} layers, {}", layers.size(), fmt::join(widths, " -> "));
  }
  const auto biases = std::ranges::count_if(
      layers, [](const NamedLinear& named) { return named.layer->bias() != nullptr; });
  const bool all = biases == static_cast<std::ptrdiff_t>(layers.size());
  return fmt::format("{} {} {}, {}; frozen",
                     run.base->is_identity    ? "the identity"
                     : run.base->name.empty() ? "drawn as torch.nn.Linear"
                                              : run.base->name,
                     shape, run.base->dtype,
                     biases == 0 ? "without bias"
                     : all       ? "with bias"
                                 : "some with bias");
}

}  // namespace

void announce_columns(const SourceFacts& facts, const std::vector<std::string>& class_names) {
  if (!facts.feature_names.empty()) {
    spdlog::info("columns   by the header: features {}{}", shown(facts.feature_names),
                 facts.target_names.empty() ? "" : "; target " + shown(facts.target_names));
  } else if (facts.is_table) {
    spdlog::info("columns   no header was found, so they are called 1, 2, …");
  }
  if (!class_names.empty()) spdlog::info("classes   {}", shown(class_names));
}

void announce_problem(Run& run, const Options& o) {
  spdlog::info("data      {}", described_data(run, o));
  if (!o.is_demo()) announce_columns(run.facts, run.class_names);
  spdlog::info("base      {}", described_base(run));
  warn_of_constant_features(run);
  if (no_row_has_class_0(run)) {
    spdlog::warn(
        "warning: no row is of class 0, which has an output too; are the classes counted from 1?");
  }
  if (run.task == Task::regression && look_like_classes(run.data())) {
    spdlog::warn(
        "warning: the targets are whole numbers from 0 to {}; if they are classes, say --task "
        "classification",
        run.data().targets.maxCoeff());
  }
}

void announce(Run& run, const Options& o) {
  announce_problem(run, o);
  announce_recipe(run, o);
}

void announce_recipe(Run& run, const Options& o) {
  const Counts counts = counts_of(run.model());
  spdlog::info("adapter   {}", described_adapter(run, o));
  spdlog::info("training  {} step(s) an epoch, {}, lr {}{}, {}", run.steps_per_epoch(o),
               o.optimizer, o.lr, o.schedule == "constant" ? "" : " " + o.schedule, *o.loss);
  spdlog::info("counts    {} trainable of {} parameters ({:.2f} %), {} thread(s)", counts.trainable,
               counts.total,
               100.0 * static_cast<double>(counts.trainable) / static_cast<double>(counts.total),
               run.compute.threads);
}

void announce_options(const std::vector<Setting>& settings, unsigned verbs) {
  std::istringstream lines(as_toml(settings, verbs));
  for (std::string line; std::getline(lines, line);) spdlog::debug("option    {}", line);
}

void announce_work(const Run& run, const TrainResult& result, double seconds) {
  spdlog::debug("work      {} steps in {:.3f} s; {} matrix products of {:.3g} multiply-adds",
                result.steps, seconds, run.compute.products, run.compute.multiplications);
}

void announce_end(const TrainResult& result, const Options& o) {
  if (result.stopped_early) {
    spdlog::info("stopped   after epoch {}: {} epochs without a better {}", result.epochs,
                 *o.early_stop, *o.keep_best);
  }
  if (result.kept_epoch == result.epochs && result.validation.empty()) return;
  std::string figures = result.validation.empty() ? fmt::format("Loss: {:.4f}", result.loss)
                                                  : as_text(result.validation);
  spdlog::info("kept      epoch {} of {}{}: {}", result.kept_epoch, result.epochs,
               *o.keep_best == "none" ? "" : ", the best by " + *o.keep_best, figures);
}

void announce_base(const std::vector<InputRecord>& inputs) {
  for (const InputRecord& input : inputs) {
    if (input.option != "base") continue;
    spdlog::info("base      {} is left as it was, {}", input.path, input.hash);
  }
}

}  // namespace lora::cli
