#include "options.h"

#include <cmath>
#include <functional>
#include <string_view>
#include <utility>

#include "lora/core/error.h"
#include "lora/core/table.h"
#include "lora/data/dataset_reader.h"
#include "lora/loss/loss.h"
#include "lora/loss/metric.h"
#include "lora/nn/lora_init.h"
#include "requirement.h"

namespace lora::cli {

namespace {

using nlohmann::ordered_json;

template <class Value>
ordered_json to_json(const Value& value) {
  return value;
}
template <class Value>
ordered_json to_json(const std::optional<Value>& value) {
  return value ? ordered_json(*value) : ordered_json();
}
ordered_json to_json(const std::vector<std::string>& value) {
  return value.empty() ? ordered_json() : ordered_json(value);
}
ordered_json to_json(const std::string& value) {
  return value.empty() ? ordered_json() : ordered_json(value);
}

/// Collects the settings of one group after another.
class Binder {
 public:
  void group(std::string name) { group_ = std::move(name); }

  /// The next settings are for these verbs.
  void on(unsigned verbs) { verbs_ = verbs; }

  /// A file, a name or a list: any text but none.
  template <class Text>
  Setting& text(std::string name, Text& value, std::string value_name, std::string help) {
    return add(std::move(name), value, std::move(value_name), std::move(help),
               [&value](const std::string& option, const std::string& given) {
                 if (given.empty()) throw Error(ErrorKind::usage, "--", option, " needs a value");
                 value = given;
               });
  }

  /// One of the names that a table knows.
  template <class Text>
  Setting& choice(std::string name, Text& value, std::vector<std::string> known,
                  const std::string& help) {
    const std::string all = joined(known);
    return add(
        std::move(name), value, "NAME", help + ": " + all,
        [&value, known = std::move(known)](const std::string& option, const std::string& given) {
          if (std::ranges::find(known, given) == known.end()) {
            throw Error(ErrorKind::usage, unknown_name("--" + option, given, known));
          }
          value = given;
        });
  }

  /// A text that may be given several times.
  Setting& texts(std::string name, std::vector<std::string>& values, std::string value_name,
                 std::string help) {
    Setting& setting = add(std::move(name), values, std::move(value_name), std::move(help),
                           [&values](const std::string& option, const std::string& given) {
                             if (given.empty()) {
                               throw Error(ErrorKind::usage, "--", option, " needs a value");
                             }
                             values.push_back(given);
                           });
    setting.repeats = true;
    return setting;
  }

  template <class Whole>
  Setting& whole(std::string name, Whole& value, WholeRange range, std::string help) {
    return add(std::move(name), value, "N", std::move(help),
               [&value, range](const std::string& option, const std::string& given) {
                 value = parse_whole(option, given, range);
               });
  }

  template <class RealNumber>
  Setting& real(std::string name, RealNumber& value, RealRange range, std::string help) {
    return add(std::move(name), value, "X", std::move(help),
               [&value, range](const std::string& option, const std::string& given) {
                 value = parse_real(option, given, range);
               });
  }

  template <class Switch>
  Setting& flag(std::string name, Switch& value, std::string help) {
    return add(std::move(name), value, "", std::move(help),
               [&value](const std::string& option, const std::string& given) {
                 value = parse_switch(option, given);
               });
  }

  /// Any setting: `set` gets the option's name and the text given for it.
  template <class Value, class Set>
  Setting& add(std::string name, Value& value, std::string value_name, std::string help, Set set) {
    Setting setting;
    setting.set = [name, set = std::move(set)](const std::string& given) { set(name, given); };
    setting.value = [&value] { return to_json(value); };
    setting.name = std::move(name);
    setting.group = group_;
    setting.verbs = verbs_;
    setting.value_name = std::move(value_name);
    setting.help = std::move(help);
    return settings_.emplace_back(std::move(setting));
  }

  std::vector<Setting> take() { return std::move(settings_); }

 private:
  std::string group_;
  unsigned verbs_ = kEveryVerb;
  std::vector<Setting> settings_;
};

/// What an epoch can be judged by.
std::vector<std::string> keep_best_names() {
  std::vector<std::string> names = {"none", "loss", "val_loss"};
  for (const MetricKind& kind : metric_kinds()) names.push_back("val_" + std::string(kind.name));
  return names;
}

void bind_problem(Binder& bind, Options& o) {
  bind.group("Problem");
  bind.on(kTrainOrPlan);
  bind.whole("in", o.in, {1}, "demo: input features (64)");
  bind.whole("out", o.out, {1}, "demo: outputs (10)");
  bind.whole("samples", o.samples, {1}, "demo: rows of random data (1000)");
  bind.on(kTrainOrPlan | kEval | kPredict);
  bind.text("data", o.data, "FILE",
            "rows of features: a table (.csv, .tsv, or - for a pipe) or an array (.npy, .npz:NAME, "
            ".safetensors:NAME); the demo has none");
  bind.text("target", o.target, "COLUMNS|FILE",
            "what to predict: columns of the table (names, numbers from 1, or 'last', separated by "
            "commas), or a file of its own; predict leaves such columns out");
  bind.text("keep-columns", o.keep_columns, "COLUMNS",
            "columns of the table that are no features, such as names; predict writes them in "
            "front, to join by");
  bind.on(kTrainOrPlan | kEval);
  bind.text("weight-column", o.weight_column, "COLUMN",
            "as how many rows each row counts, in the loss and in every figure");
  bind.on(kTrainOrPlan | kEval | kPredict);
  bind.choice("task", o.task, {"regression", "classification"},
              "what the targets are (classification if they are words, else regression)");
  bind.on(kTrainOrPlan | kEval | kPredict | kInspect | kMerge | kExtract);
  bind.text("base", o.base, "FILE[:TENSOR]",
            "the frozen weight, (out, in): .safetensors (with its bias, if there) or .npy; without "
            "it: drawn as torch.nn.Linear does");
  bind.flag("fan-in-fan-out", o.fan_in_fan_out, "the weight is stored as (in, out)");
  bind.on(kTrainOrPlan);
  bind.text("val", o.val, "FILE", "held-out rows, in the form of --data");
  bind.text("val-target", o.val_target, "FILE", "their targets, if --target is a file");
  bind.real("val-split", o.val_split, {0, 1, true, true},
            "hold out this share of --data instead, by class for classification");
  bind.flag(
      "standardize", o.standardize,
      "give each feature mean 0 and deviation 1 (of the training rows) before the layer; eval "
      "and predict then do the same");
}

void bind_adapter(Binder& bind, Options& o) {
  bind.group("Adapter");
  bind.on(kTrainOrPlan | kEval | kPredict | kMerge);
  bind.texts("adapter", o.adapters, "DIR",
             "an adapter directory: train starts from it, eval and predict use it, merge folds it "
             "(or several) into the base");
  bind.on(kMerge);
  bind.text("adapter-weights", o.adapter_weights, "LIST",
            "by what each --adapter is multiplied, as in 0.7,0.3 (each 1)");
  bind.flag("unmerge", o.unmerge, "take the adapter out of a base that has it in");
  bind.on(kExtract);
  bind.text("tuned", o.tuned, "FILE[:TENSOR]",
            "the base after full training: what the adapter shall make of the base");
  bind.real("share", o.share, {0, 1, true, false},
            "the lowest rank that keeps this share of the squared difference, as in 0.95");
  bind.on(kTrainOrPlan | kExtract);
  bind.whole("rank", o.rank, {1}, "rank of the factors A and B (4)").aliases = {"r"};
  bind.on(kTrainOrPlan);
  bind.real("alpha", o.alpha, {0, std::numeric_limits<double>::infinity(), true, false},
            "the adapter's part is scaled by alpha/rank (default: the rank, so 1)")
      .aliases = {"lora-alpha"};
  bind.choice("init", o.init, names_of(lora_inits()),
              "how A and B start (demo: normal, with --data: kaiming)");
  bind.flag("rslora", o.rslora, "scale by alpha/√rank instead (rank-stabilised LoRA)");
  bind.choice("bias", o.bias, {"none", "all", "lora_only"},
              "which biases are trained as well: of all layers, or of those with an adapter (none, "
              "or what --adapter had)");
  bind.text("targets", o.targets, "LIST",
            "layers that get an adapter: names, ends of names, globs or regular expressions, "
            "separated by commas (all)")
      .aliases = {"target-modules"};
  bind.texts("rank-pattern", o.rank_pattern, "REGEX=N", "another rank for the layers that fit");
  bind.texts("alpha-pattern", o.alpha_pattern, "REGEX=X", "another alpha for the layers that fit");
}

void bind_optimisation(Binder& bind, Options& o) {
  bind.group("Optimisation");
  bind.on(kTrainOrPlan);
  bind.whole("epochs", o.epochs, {1}, "passes over the data (demo: 10, with --data: 100)")
      .aliases = {"num-train-epochs"};
  bind.whole("max-steps", o.max_steps, {1}, "optimiser steps, whatever --epochs says");
  bind.whole("batch-size", o.batch_size, {0},
             "rows a step; 0 is the whole set (demo: 0, with --data: 32)")
      .aliases = {"per-device-train-batch-size"};
  bind.flag("shuffle", o.shuffle,
            "new order of rows every epoch, PyTorch's DataLoader's (demo: off, with --data: on)");
  bind.choice("optimizer", o.optimizer, names_of(optimizer_kinds()), "the optimiser").aliases = {
      "optim"};
  bind.real("lr", o.lr, {0, std::numeric_limits<double>::infinity(), true, false}, "learning rate")
      .aliases = {"learning-rate"};
  bind.real("beta1", o.optimizer_options.beta1, {0, 1, false, true},
            "decay of the gradient's mean (adam: 0.9)");
  bind.real("beta2", o.optimizer_options.beta2, {0, 1, false, true},
            "decay of the squared gradient's mean (adam: 0.999)");
  bind.real("eps", o.optimizer_options.eps,
            {0, std::numeric_limits<double>::infinity(), true, false},
            "added to the denominator (adam: 1e-8)");
  bind.real("weight-decay", o.weight_decay, {0}, "pull towards zero of A and B, never of biases");
  bind.on(kTrainOrPlan | kEval);
  bind.choice("loss", o.loss, names_of(loss_kinds()),
              "what is made small (regression: mse, classification: cross_entropy)");
  bind.text("class-weights", o.class_weights, "LIST|balanced",
            "how much each class counts in the loss, in the order of the outputs; balanced: by how "
            "rare it is");
  bind.on(kTrainOrPlan);
  bind.whole("early-stop", o.early_stop, {1}, "end after N epochs without a better --keep-best");
  bind.choice(
      "keep-best", o.keep_best, keep_best_names(),
      "the figure by which the best epoch is kept in place of the last; none keeps the last "
      "(with validation: val_loss)");
}

void bind_run(Binder& bind, Options& o) {
  bind.group("Run");
  bind.on(kTrainOrPlan);
  bind.add("seed", o.seed, "N", "of everything drawn; the same numbers as PyTorch's for this seed",
           [&o](const std::string& option, const std::string& given) {
             o.seed = parse_seed(option, given);
           });
  bind.whole("eval-every", o.eval_every, {1}, "epochs between validations");
  bind.whole("log-every", o.log_every, {1}, "say the loss every N steps (with --json: an object)");
  bind.on(kTrainOrPlan | kEval);
  bind.texts("require", o.require, "CONDITION",
             "end with code 5 unless it holds, as in 'val_accuracy>=0.9'; any figure, any number "
             "of times");
  bind.on(kTrainOrPlan | kEval | kPredict);
  bind.whole("threads", o.threads, {0, 4096},
             "processors to use at most, 0 for all; results do not depend on it");
  bind.on(kEveryVerb);
  bind.flag("json", o.json, "one JSON object a line on stdout");
  bind.flag("quiet", o.quiet, "nothing on stderr but errors");
  bind.flag("verbose", o.verbose, "also the resolved options, and what the run took");
}

void bind_output(Binder& bind, Options& o) {
  bind.group(kOutputGroup);
  bind.on(kTrainOrPlan | kExtract);
  bind.text("save", o.save, "DIR", "write the adapter as a PEFT directory");
  bind.on(kTrainOrPlan);
  bind.text("checkpoint", o.checkpoint, "DIR",
            "write checkpoints, also when interrupted; the last two are kept");
  bind.whole("checkpoint-every", o.checkpoint_every, {1}, "steps between them (an epoch)");
  bind.flag("resume", o.resume,
            "go on from the newest whole checkpoint, to the same bytes as without a stop");
  bind.flag("allow-changed", o.allow_changed,
            "resume although an option, an input or the processor has changed");
  bind.on(kPredict | kMerge | kExtract);
  bind.text("output", o.output, "PATH",
            "predictions: .csv, .tsv, .npy, or - for stdout as CSV; of merge: the merged weights, "
            "or without --base the directory of one adapter for all; of extract: the adapter's "
            "directory");
  bind.on(kPredict);
  bind.flag("probabilities", o.probabilities, "a column a class instead of the likeliest class");
  bind.on(kTrainOrPlan | kPredict | kMerge | kExtract);
  bind.flag("overwrite", o.overwrite, "replace what is already there");
}

void refuse_without(bool given, bool needed, std::string_view option, std::string_view other) {
  if (given && !needed) {
    throw Error(ErrorKind::usage, "--", option, " needs --", other);
  }
}

void refuse_together(bool a, std::string_view option_a, bool b, std::string_view option_b,
                     std::string_view reason) {
  if (a && b) {
    throw Error(ErrorKind::usage, "--", option_a, " and --", option_b,
                " contradict each other: ", reason);
  }
}

void check_training_problem(const Options& o) {
  const bool with_data = !o.is_demo();
  for (const auto& [given, name] : {std::pair{o.in.has_value(), "in"},
                                    {o.out.has_value(), "out"},
                                    {o.samples.has_value(), "samples"}}) {
    refuse_together(given, name, with_data, "data", "the data decides it");
  }
  for (const auto& [given, name] : {std::pair{!o.target.empty(), "target"},
                                    {o.task.has_value(), "task"},
                                    {!o.base.empty(), "base"},
                                    {!o.adapter.empty(), "adapter"},
                                    {o.standardize, "standardize"},
                                    {!o.weight_column.empty(), "weight-column"},
                                    {!o.class_weights.empty(), "class-weights"},
                                    {o.has_validation(), o.val.empty() ? "val-split" : "val"}}) {
    refuse_without(given, with_data, name, "data");
  }
  if (with_data && o.target.empty()) {
    throw Error(ErrorKind::usage,
                "--data needs --target: the columns, or the file, that hold what to predict");
  }
  refuse_without(!o.val_target.empty(), !o.val.empty(), "val-target", "val");
  refuse_together(!o.val.empty(), "val", o.val_split.has_value(), "val-split",
                  "held-out rows come from a file or from --data");
  if (!o.val.empty() && is_target_file(o.target) && o.val_target.empty()) {
    throw Error(ErrorKind::usage, "--val needs --val-target, since --target ", o.target,
                " is a file of its own");
  }
  if (o.data == "-" && (o.val == "-" || o.target == "-" || o.val_target == "-")) {
    throw Error(ErrorKind::usage, "standard input (-) can be read only once");
  }
}

void check_adapter(const Options& o) {
  const bool given = !o.adapter.empty();
  constexpr std::string_view kReason = "the adapter that training starts from has its own";
  refuse_together(o.rank.has_value(), "rank", given, "adapter", kReason);
  refuse_together(o.alpha.has_value(), "alpha", given, "adapter", kReason);
  refuse_together(o.init.has_value(), "init", given, "adapter", kReason);
  refuse_together(o.rslora, "rslora", given, "adapter", kReason);
  refuse_together(!o.targets.empty(), "targets", given, "adapter", kReason);
  refuse_together(!o.rank_pattern.empty(), "rank-pattern", given, "adapter", kReason);
  refuse_together(!o.alpha_pattern.empty(), "alpha-pattern", given, "adapter", kReason);
}

/// Whether an epoch can be judged by the figure, and the default.
void resolve_keep_best(Options& o) {
  if (o.early_stop && !o.has_validation() && !o.keep_best) {
    throw Error(ErrorKind::usage,
                "--early-stop needs held-out rows (--val or --val-split), or --keep-best loss");
  }
  if (!o.keep_best) o.keep_best = o.has_validation() ? "val_loss" : "none";
  if (o.early_stop && *o.keep_best == "none") {
    throw Error(ErrorKind::usage,
                "--early-stop and --keep-best none contradict each other: without a figure nothing "
                "is better");
  }
  if (o.keep_best->starts_with("val_") && !o.has_validation()) {
    throw Error(ErrorKind::usage, "--keep-best ", *o.keep_best,
                " needs held-out rows: --val or --val-split");
  }
}

void check_output_amount(const Options& o) {
  refuse_together(o.quiet, "quiet", o.verbose, "verbose", "one is less, the other more");
}

/// Figures of the other task are never measured.
void check_figure_fits(const Options& o, Task task) {
  if (!o.keep_best || !o.keep_best->starts_with("val_")) return;
  const std::string figure = o.keep_best->substr(4);
  for (const MetricKind& kind : metric_kinds()) {
    if (kind.name != figure || kind.task == task) continue;
    throw Error(ErrorKind::usage, "--keep-best ", *o.keep_best, " is for ", name_of(kind.task),
                ", but the task is ", name_of(task));
  }
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

std::vector<Setting> bind(Options& options) {
  Binder binder;
  bind_problem(binder, options);
  bind_adapter(binder, options);
  bind_optimisation(binder, options);
  bind_run(binder, options);
  bind_output(binder, options);
  return binder.take();
}

void resolve_training(Options& o) {
  take_only_adapter(o);
  check_training_problem(o);
  check_adapter(o);
  resolve_keep_best(o);
  check_output_amount(o);
  refuse_without(o.overwrite, !o.save.empty() || !o.checkpoint.empty(), "overwrite", "save");
  refuse_without(o.checkpoint_every.has_value(), !o.checkpoint.empty(), "checkpoint-every",
                 "checkpoint");
  refuse_without(o.resume, !o.checkpoint.empty(), "resume", "checkpoint");
  refuse_without(o.allow_changed, o.resume, "allow-changed", "resume");
  refuse_together(o.resume, "resume", o.overwrite, "overwrite",
                  "one goes on from what the other deletes");
  check_requirements(o.require);
  const bool demo = o.is_demo();
  if (demo) {
    resolve_task(o, Task::regression);
    o.task.reset();  // so that --config can read what --print-config prints
    o.in = o.in.value_or(64);
    o.out = o.out.value_or(10);
    o.samples = o.samples.value_or(1000);
  } else if (o.task) {
    resolve_task(o, task_named(*o.task));
  } else if (o.loss) {
    resolve_task(o, find_entry(loss_kinds(), "--loss", *o.loss).task);
  }
  if (o.adapter.empty()) {
    o.rank = o.rank.value_or(4);
    o.alpha = o.alpha.value_or(static_cast<double>(*o.rank));
    o.init = o.init.value_or(demo ? "normal" : "kaiming");
    o.bias = o.bias.value_or("none");
  }
  o.epochs = o.epochs.value_or(demo ? 10 : 100);
  o.batch_size = o.batch_size.value_or(demo ? 0 : 32);
  o.shuffle = o.shuffle.value_or(!demo);
}

void resolve_evaluation(Options& o) {
  take_only_adapter(o);
  if (o.data.empty()) throw Error(ErrorKind::usage, "eval needs --data: the rows to judge by");
  check_model_given(o, "eval");
  if (!o.task && o.loss && o.adapter.empty()) {
    resolve_task(o, find_entry(loss_kinds(), "--loss", *o.loss).task);
  }
  if (o.class_weights == "balanced") {
    throw Error(ErrorKind::usage,
                "--class-weights balanced is for training; eval takes the weights as a list");
  }
  check_requirements(o.require);
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
  refuse_together(!o.keep_columns.empty(), "keep-columns", o.output.ends_with(".npy"), "output",
                  "a .npy file has room for numbers only");
}

void resolve_inspection(Options& o) {
  if (o.paths.empty()) {
    throw Error(ErrorKind::usage,
                "inspect needs what to look at: tables, arrays, weight files or adapters");
  }
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
  if (!o.loss) o.loss = task == Task::classification ? "cross_entropy" : "mse";
  const Task fitting = find_entry(loss_kinds(), "--loss", *o.loss).task;
  if (fitting != task && o.is_demo()) {
    throw Error(ErrorKind::usage, "--loss ", *o.loss,
                " needs classes, but the demo's targets are numbers: give --data and --target");
  }
  if (fitting != task) {
    throw Error(ErrorKind::usage, "--loss ", *o.loss, " is for ", name_of(fitting),
                ", but the task is ", name);
  }
  if (!o.class_weights.empty() && task != Task::classification) {
    throw Error(ErrorKind::usage, "--class-weights is for classification, but the task is ", name);
  }
  check_figure_fits(o, task);
}

}  // namespace lora::cli
