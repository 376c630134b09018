#include "resolve.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "lora/core/error.h"
#include "lora/core/table.h"
#include "lora/core/text.h"
#include "lora/data/dataset_reader.h"
#include "lora/loss/loss.h"
#include "lora/loss/metric.h"
#include "recipe.h"
#include "refusal.h"
#include "requirement.h"

namespace lora::cli {

namespace {

void check_standard_input(const Options& o) {
  const std::array inputs = {o.data, o.pairs, o.target, o.val, o.val_target};
  if (std::ranges::count(inputs, "-") > 1) {
    throw Error(ErrorKind::usage, "standard input (-) can be read only once");
  }
}

/// Pairs have no targets, and each counts once.
void check_pairs(const Options& o) {
  const bool given = !o.pairs.empty();
  constexpr std::string_view kReason = "a pair's document is its target";
  refuse_together(!o.target.empty(), "target", given, "pairs", kReason);
  refuse_together(!o.val_target.empty(), "val-target", given, "pairs", kReason);
  refuse_together(!o.weight_column.empty(), "weight-column", given, "pairs",
                  "each pair counts once");
  refuse_together(o.batch_size == 1, "batch-size 1", given, "pairs",
                  "a document is told from the others of its batch");
  refuse_together(o.accumulate > 1, "accumulate", given, "pairs",
                  "a document is told from the others of its batch, so that several batches make "
                  "no larger one; raise --batch-size");
}

void check_training_problem(const Options& o) {
  const bool with_data = !o.is_demo();
  for (const auto& [given, name] : {std::pair{o.in.has_value(), "in"},
                                    {o.out.has_value(), "out"},
                                    {o.samples.has_value(), "samples"}}) {
    refuse_together(given, name, with_data, "data", "the data decides it");
  }
  for (const auto& [given, name] : {std::pair{!o.target.empty(), "target"},
                                    {!o.pairs.empty(), "pairs"},
                                    {o.task.has_value(), "task"},
                                    {!o.base.empty(), "base"},
                                    {!o.adapter.empty(), "adapter"},
                                    {!o.activation.empty(), "activation"},
                                    {o.standardize, "standardize"},
                                    {!o.weight_column.empty(), "weight-column"},
                                    {!o.class_weights.empty(), "class-weights"},
                                    {o.has_validation(), o.val.empty() ? "val-split" : "val"}}) {
    refuse_without(given, with_data, name, "data");
  }
  if (with_data && o.target.empty() && o.pairs.empty()) {
    throw Error(ErrorKind::usage,
                "--data needs --target: the columns, or the file, that hold what to predict; or "
                "--pairs");
  }
  refuse_without(!o.val_target.empty(), !o.val.empty(), "val-target", "val");
  refuse_without(!o.activation.empty(), !o.base.empty() || !o.adapter.empty(), "activation",
                 "base");
  refuse_together(!o.val.empty(), "val", o.val_split.has_value(), "val-split",
                  "held-out rows come from a file or from --data");
  if (!o.val.empty() && is_target_file(o.target) && o.val_target.empty()) {
    throw Error(ErrorKind::usage, "--val needs --val-target, since --target ", o.target,
                " is a file of its own");
  }
  check_standard_input(o);
}

void check_adapter(const Options& o) {
  const bool given = !o.adapter.empty();
  constexpr std::string_view kReason = "the adapter that training starts from has its own";
  refuse_together(o.rank.has_value(), "rank", given, "adapter", kReason);
  refuse_together(o.alpha.has_value(), "alpha", given, "adapter", kReason);
  refuse_together(o.init.has_value(), "init", given, "adapter", kReason);
  refuse_together(o.rslora, "rslora", given, "adapter", kReason);
  refuse_together(o.dora, "dora", given, "adapter", kReason);
  refuse_together(!o.targets.empty(), "targets", given, "adapter", kReason);
  refuse_together(!o.rank_pattern.empty(), "rank-pattern", given, "adapter", kReason);
  refuse_together(!o.alpha_pattern.empty(), "alpha-pattern", given, "adapter", kReason);
}

/// The whole weight has no factors, and no place in an adapter's directory.
void check_method(const Options& o) {
  const bool full = o.method == "full";
  constexpr std::string_view kReason = "the whole weight is trained, not factors";
  for (const auto& [given, name] : {std::pair{o.rank.has_value(), "rank"},
                                    {o.alpha.has_value(), "alpha"},
                                    {o.init.has_value(), "init"},
                                    {o.rslora, "rslora"},
                                    {o.dora, "dora"},
                                    {o.dropout > 0, "dropout"},
                                    {!o.targets.empty(), "targets"},
                                    {!o.rank_pattern.empty(), "rank-pattern"},
                                    {!o.alpha_pattern.empty(), "alpha-pattern"},
                                    {!o.adapters.empty(), "adapter"},
                                    {o.lr_b_ratio.has_value(), "lr-b-ratio"}}) {
    refuse_together(given, name, full, "method full", kReason);
  }
  refuse_together(!o.save.empty(), "save", full, "method full",
                  "a whole weight is no adapter; it is there to be compared with");
}

/// Whether an epoch can be judged by the figure, and the default.
void resolve_keep_best(Options& o) {
  if (o.early_stop && !o.has_validation() && !o.keep_best) {
    throw Error(
        ErrorKind::usage,
        "--early-stop needs held-out rows (--val, --val-split or --folds), or --keep-best loss");
  }
  if (!o.keep_best) o.keep_best = o.has_validation() ? "val_loss" : "none";
  if (o.early_stop && *o.keep_best == "none") {
    throw Error(ErrorKind::usage,
                "--early-stop and --keep-best none contradict each other: without a figure nothing "
                "is better");
  }
  if (o.keep_best->starts_with("val_") && !o.has_validation()) {
    throw Error(ErrorKind::usage, "--keep-best ", *o.keep_best,
                " needs held-out rows: --val, --val-split or --folds");
  }
}

/// The files in which runs are shown: each is one of its own, and stdout has its own order.
void check_written_files(const Options& o) {
  std::map<std::filesystem::path, std::string_view> options;
  for (const auto& [path, option] :
       {std::pair{o.log, "log"}, std::pair{o.plot, "plot"}, std::pair{o.report, "report"}}) {
    if (path.empty()) continue;
    if (path == "-") {
      throw Error(ErrorKind::usage, "--", option,
                  " needs the name of a file; --json writes the run to stdout");
    }
    const auto [other, is_new] =
        options.emplace(std::filesystem::path(path).lexically_normal(), option);
    if (is_new) continue;
    throw Error(ErrorKind::usage, "--", other->second, " and --", option, " are one file, ", path,
                "; each needs its own");
  }
}

void check_output_amount(const Options& o) {
  refuse_together(o.quiet, "quiet", o.verbose, "verbose", "one is less, the other more");
}

/// The given ones, and those of all metrics.
std::vector<std::string> figure_names(std::vector<std::string> names, const std::string& prefix) {
  for (const MetricKind& kind : metric_kinds()) names.push_back(prefix + std::string(kind.name));
  return names;
}

/// Figures of another task are never measured.
void check_figure_fits(const std::string& option, std::string figure, Task task) {
  if (figure.starts_with("val_")) figure.erase(0, 4);
  for (const MetricKind& kind : metric_kinds()) {
    if (kind.name != figure || kind.task == task) continue;
    throw Error(ErrorKind::usage, option, ": ", figure, " is for ", name_of(kind.task),
                ", but the task is ", name_of(task));
  }
}

/// What a run writes, and what it may find there.
void check_run_files(const Options& o) {
  const std::array outputs = {o.save, o.checkpoint, o.log, o.plot, o.report, o.tensorboard};
  const bool any_output =
      std::ranges::any_of(outputs, [](const auto& path) { return !path.empty(); });
  refuse_without(o.overwrite, any_output, "overwrite", "save");
  check_written_files(o);
  refuse_without(o.checkpoint_every.has_value(), !o.checkpoint.empty(), "checkpoint-every",
                 "checkpoint");
  refuse_without(o.resume, !o.checkpoint.empty(), "resume", "checkpoint");
  refuse_without(o.allow_changed, o.resume, "allow-changed", "resume");
  refuse_together(o.resume, "resume", o.overwrite, "overwrite",
                  "one goes on from what the other deletes");
}

void resolve_validation(Options& o) {
  if (o.eval_every && !o.has_validation()) {
    throw Error(ErrorKind::usage,
                "--eval-every needs held-out rows: --val, --val-split or --folds");
  }
  if (o.has_validation()) o.eval_every = o.eval_every.value_or(1);
  check_requirements(o.require, o.has_validation() ? figure_names({"loss", "val_loss"}, "val_")
                                                   : std::vector<std::string>{"loss"});
}

/// The demo, or rows whose task is known without a look at them.
void resolve_kind_of_work(Options& o) {
  if (o.is_demo()) {
    resolve_task(o, Task::regression);
    o.task.reset();  // so that --config can read what --print-config prints
    o.in = o.in.value_or(64);
    o.out = o.out.value_or(10);
    o.samples = o.samples.value_or(1000);
  } else if (!o.pairs.empty()) {
    resolve_task(o, Task::retrieval);
  } else if (o.task) {
    resolve_task(o, task_named(*o.task));
  } else if (o.loss) {
    resolve_task(o, find_entry(loss_kinds(), "--loss", *o.loss).task);
  }
}

/// One that training starts from has its own.
void resolve_adapter(Options& o) {
  if (o.method == "full") {
    o.bias = o.bias.value_or("none");
  } else if (o.adapter.empty()) {
    o.rank = o.rank.value_or(4);
    o.alpha = o.alpha.value_or(static_cast<double>(*o.rank));
    o.init = o.init.value_or(o.is_demo() ? "normal" : "kaiming");
    o.bias = o.bias.value_or("none");
  }
}

void resolve_epochs(Options& o) {
  o.epochs = o.epochs.value_or(o.is_demo() ? 10 : 100);
  o.batch_size = o.batch_size.value_or(o.is_demo() ? 0 : 32);
  o.shuffle = o.shuffle.value_or(!o.is_demo());
  refuse_without(o.shuffle_block.has_value(), *o.shuffle && *o.batch_size > 0, "shuffle-block",
                 "shuffle and a --batch-size above 0");
}

void take_only_adapter(Options& o) {
  if (o.adapters.size() > 1) {
    throw Error(ErrorKind::usage, "--adapter is given ", o.adapters.size(),
                " times; only merge takes several");
  }
  if (!o.adapters.empty()) o.adapter = o.adapters.front();
}

void check_model_given(const Options& o, std::string_view verb) {
  if (!o.base.empty() || !o.adapter.empty()) return;
  throw Error(ErrorKind::usage, verb, " needs a model: --base FILE, --adapter DIR, or both");
}

}  // namespace

void resolve_training(Options& o) {
  take_only_adapter(o);
  check_pairs(o);
  check_training_problem(o);
  check_adapter(o);
  check_method(o);
  resolve_keep_best(o);
  check_output_amount(o);
  check_run_files(o);
  resolve_validation(o);
  resolve_recipe(o);
  resolve_kind_of_work(o);
  resolve_adapter(o);
  resolve_epochs(o);
  refuse_together(o.progress == "on", "progress on", o.quiet, "quiet",
                  "one is more on stderr, the other less");
  refuse_together(o.profile, "profile", o.quiet && !o.json, "quiet", "it is said on stderr");
}

/// Of one run: a file's --folds, --sweep and --compare-full are passed over.
void resolve_plan(Options& o) {
  o.folds.reset();
  o.sweep.clear();
  o.compare_full = false;
  resolve_training(o);
}

void resolve_evaluation(Options& o) {
  take_only_adapter(o);
  if (o.data.empty()) throw Error(ErrorKind::usage, "eval needs --data: the rows to judge by");
  check_model_given(o, "eval");
  check_pairs(o);
  check_standard_input(o);
  if (!o.pairs.empty()) {
    resolve_task(o, Task::retrieval);
  } else if (!o.task && o.loss && o.adapter.empty()) {
    resolve_task(o, find_entry(loss_kinds(), "--loss", *o.loss).task);
  }
  if (o.class_weights == "balanced") {
    throw Error(ErrorKind::usage,
                "--class-weights balanced is for training; eval takes the weights as a list");
  }
  check_requirements(o.require, figure_names({"loss"}, ""));
  check_output_amount(o);
}

void resolve_prediction(Options& o) {
  take_only_adapter(o);
  if (o.data.empty()) throw Error(ErrorKind::usage, "predict needs --data: the rows to predict");
  check_model_given(o, "predict");
  check_output_amount(o);
  if (o.json && o.output == "-") {
    throw Error(ErrorKind::usage,
                "--json and predictions on stdout contradict each other; give --output FILE");
  }
  refuse_together(!o.keep_columns.empty(), "keep-columns", ends_in(o.output, ".npy"), "output",
                  "a .npy file has room for numbers only");
}

void resolve_inspection(Options& o) {
  if (o.paths.empty()) {
    throw Error(
        ErrorKind::usage,
        "inspect needs what to look at: tables, arrays, weight files, adapters or checkpoints");
  }
  check_output_amount(o);
}

void resolve_comparison(Options& o) {
  if (o.paths.empty()) {
    throw Error(ErrorKind::usage, "compare needs runs: --log files, or directories of --save");
  }
  refuse_without(o.overwrite, !o.plot.empty(), "overwrite", "plot");
  check_written_files(o);
  check_output_amount(o);
}

void resolve_merge(Options& o) {
  if (o.adapters.empty()) {
    throw Error(ErrorKind::usage, "merge needs --adapter: what to fold into the base");
  }
  if (o.output == "-") throw Error(ErrorKind::usage, "merge needs --output: the file to write");
  if (o.base.empty() && o.adapters.size() < 2) {
    throw Error(ErrorKind::usage,
                "merge needs --base, or several --adapter to make one of them all");
  }
  refuse_without(o.unmerge, !o.base.empty(), "unmerge", "base");
  check_output_amount(o);
}

void resolve_extraction(Options& o) {
  if (o.base.empty() || o.tuned.empty()) {
    throw Error(ErrorKind::usage,
                "extract needs --base and --tuned: the weights before and after training");
  }
  if (!o.rank && !o.share) {
    throw Error(ErrorKind::usage,
                "extract needs --rank, or --share: how much of the difference to keep, as in 0.95");
  }
  refuse_together(o.rank.has_value(), "rank", o.share.has_value(), "share",
                  "each decides how many directions are kept");
  refuse_together(!o.save.empty(), "save", o.output != "-", "output", "both name the directory");
  if (o.output != "-") o.save = o.output;
  if (o.save.empty()) {
    throw Error(ErrorKind::usage, "extract needs --output: the directory to write");
  }
  check_output_amount(o);
}

void resolve_task(Options& o, Task task) {
  const std::string name = name_of(task);
  if (o.task && *o.task != name) {
    throw Error(ErrorKind::usage, "the task is ", name, ", not ", *o.task);
  }
  o.task = name;
  if (!o.loss) o.loss = default_loss(task).name;
  const Task fitting = find_entry(loss_kinds(), "--loss", *o.loss).task;
  if (fitting == Task::retrieval && o.pairs.empty()) {
    throw Error(ErrorKind::usage, "retrieval, by --loss ", *o.loss,
                ", needs --pairs: a file of row numbers of --data, query and document");
  }
  if (fitting != task && !o.pairs.empty()) {
    throw Error(ErrorKind::usage, "--loss ", *o.loss, " is for ", name_of(fitting),
                ", but --pairs is for retrieval, whose loss is ", default_loss(task).name);
  }
  if (fitting != task && o.is_demo()) {
    throw Error(ErrorKind::usage, "--loss ", *o.loss, " is for ", name_of(fitting),
                ", but the demo's targets are numbers: give --data and --target");
  }
  if (fitting != task) {
    throw Error(ErrorKind::usage, "--loss ", *o.loss, " is for ", name_of(fitting),
                ", but the task is ", name);
  }
  resolve_loss(o);
  if (o.keep_best) check_figure_fits("--keep-best " + *o.keep_best, *o.keep_best, task);
  for (const std::string& figure : required_figures(o.require)) {
    check_figure_fits("--require", figure, task);
  }
}

}  // namespace lora::cli
