#include "options.h"

#include <algorithm>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "lora/core/error.h"
#include "lora/core/table.h"
#include "lora/core/task.h"
#include "lora/loss/loss.h"
#include "lora/loss/metric.h"
#include "lora/nn/activation.h"
#include "lora/nn/lora_init.h"
#include "lora/optim/schedule.h"
#include "recipe.h"

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
    Setting& setting =
        add(std::move(name), value, "NAME", help + ": " + joined(known),
            [&value, known](const std::string& option, const std::string& given) {
              if (std::ranges::find(known, given) == known.end()) {
                throw Error(ErrorKind::usage, unknown_name("--" + option, given, known));
              }
              value = given;
            });
    setting.choices = std::move(known);
    return setting;
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

/// "adam: 0.9, lion: 0.9": what each optimiser that uses an option takes for it.
std::string defaults_of(std::optional<double> OptimizerDefaults::*option) {
  std::vector<std::string> texts;
  for (const OptimizerKind& kind : optimizer_kinds()) {
    if (const std::optional<double> value = kind.defaults.*option) {
      texts.push_back(fmt::format("{}: {:g}", kind.name, *value));
    }
  }
  return joined(texts);
}

/// The schedules, or losses, that use an option.
std::string scheduled_by(const std::string& option) {
  return joined(users_of(option, schedule_kinds()));
}
std::string losses_with(const std::string& option) {
  return joined(users_of(option, loss_kinds()));
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
  bind.on(kTrainOrPlan | kEval);
  bind.text("pairs", o.pairs, "FILE",
            "train for retrieval, without targets: two columns of row numbers of --data, from 0: "
            "query, document; without --base the frozen weight is the identity");
  bind.on(kTrainOrPlan | kEval | kPredict);
  bind.text("keep-columns", o.keep_columns, "COLUMNS",
            "columns of the table that are no features, such as names; predict writes them in "
            "front, to join by");
  bind.on(kTrainOrPlan | kEval);
  bind.text("weight-column", o.weight_column, "COLUMN",
            "as how many rows each row counts, in the loss and in every figure");
  bind.on(kTrainOrPlan | kEval | kPredict);
  bind.choice(
      "task", o.task, names_of(std::span<const NamedTask>(kTasks)),
      "what the targets are (classification if they are words, else regression); multilabel: "
      "a column of 0 and 1 for each label; retrieval: --pairs instead");
  bind.on(kTrainOrPlan | kEval | kPredict | kInspect | kMerge | kExtract);
  bind.text(
      "base", o.base, "FILE[:TENSOR]",
      "the frozen weight, (out, in): .safetensors (with its bias, if there) or .npy; a file or "
      "FILE:PREFIX of layers numbered as in torch.nn.Sequential is a stack of them; without "
      "it: drawn as torch.nn.Linear does");
  bind.flag("fan-in-fan-out", o.fan_in_fan_out, "the weight is stored as (in, out)");
  bind.on(kTrainOrPlan | kEval | kPredict);
  bind.text("activation", o.activation, "NAME,…",
            "what stands where a stack's numbers leave gaps, one for all or one for each (what the "
            "file's metadata say): " +
                joined(names_of(activation_kinds())))
      .choices = names_of(activation_kinds());
  bind.on(kTrainOrPlan);
  bind.text("val", o.val, "FILE", "held-out rows, in the form of --data; or pairs, as --pairs");
  bind.text("val-target", o.val_target, "FILE", "their targets, if --target is a file");
  bind.real("val-split", o.val_split, {0, 1, true, true},
            "hold out this share of --data (or of --pairs) instead, by class for classification");
  bind.flag(
      "standardize", o.standardize,
      "give each feature mean 0 and deviation 1 (of the training rows) before the layer; eval "
      "and predict then do the same");
}

void bind_adapter(Binder& bind, Options& o) {
  bind.group(kAdapterGroup);
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
  bind.flag("dora", o.dora, "train a magnitude of each output as well (DoRA)");
  bind.real("dropout", o.dropout, {0, 1, false, true},
            "share of the adapter's input that is dropped in training");
  bind.choice("method", o.method, {"lora", "full"},
              "train an adapter, or the whole weight to compare with");
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

void bind_schedule(Binder& bind, Options& o) {
  bind.choice("schedule", o.schedule, names_of(schedule_kinds()),
              "how the learning rate goes, by the names of Hugging Face")
      .aliases = {"lr-scheduler-type"};
  bind.whole("warmup-steps", o.warmup_steps, {0},
             "steps in which the rate rises to --lr; the first has rate 0 (0)");
  bind.real("warmup-ratio", o.warmup_ratio, {0, 1}, "the same as a share of all steps");
  bind.real("min-lr", o.min_lr, {0}, "where the rate ends (0): " + scheduled_by("min_lr"));
  bind.whole("cycles", o.cycles, {1}, "how often the rate falls (1): " + scheduled_by("cycles"));
  bind.real("power", o.power, {0, std::numeric_limits<double>::infinity(), true, false},
            "of the share of steps that are left (1): " + scheduled_by("power"));
  bind.whole("decay-steps", o.decay_steps, {0},
             "steps of the fall at the end (a tenth of all): " + scheduled_by("decay_steps"));
  bind.whole(
      "patience", o.patience, {0},
      "epochs without a better figure before the rate falls (10): " + scheduled_by("patience"));
  bind.real("factor", o.factor, {0, 1, true, true},
            "by which it then falls (0.1): " + scheduled_by("factor"));
}

void bind_optimisation(Binder& bind, Options& o) {
  bind.group(kOptimisationGroup);
  bind.on(kTrainOrPlan);
  bind.whole("epochs", o.epochs, {1}, "passes over the data (demo: 10, with --data: 100)")
      .aliases = {"num-train-epochs"};
  bind.whole("max-steps", o.max_steps, {1}, "optimiser steps, whatever --epochs says");
  bind.whole("batch-size", o.batch_size, {0},
             "rows, or pairs, a step; 0 is the whole set (demo: 0, with --data: 32)")
      .aliases = {"per-device-train-batch-size"};
  bind.flag("shuffle", o.shuffle,
            "new order of rows every epoch, PyTorch's DataLoader's (demo: off, with --data: on)");
  bind.whole("accumulate", o.accumulate, {1}, "batches a step, as if they were one").aliases = {
      "gradient-accumulation-steps"};
  bind.real("clip-norm", o.clip_norm, {0, std::numeric_limits<double>::infinity(), true, false},
            "the longest that the gradient of all parameters together may be (any)")
      .aliases = {"max-grad-norm"};
  bind.choice("optimizer", o.optimizer, names_of(optimizer_kinds()), "the optimiser").aliases = {
      "optim"};
  bind.real("lr", o.lr, {0, std::numeric_limits<double>::infinity(), true, false}, "learning rate")
      .aliases = {"learning-rate"};
  bind_schedule(bind, o);
  bind.real("beta1", o.beta1, {0, 1, false, true},
            "decay of the gradient's mean (" + defaults_of(&OptimizerDefaults::beta1) + ")");
  bind.real(
      "beta2", o.beta2, {0, 1, false, true},
      "decay of the squared gradient's mean (" + defaults_of(&OptimizerDefaults::beta2) + ")");
  bind.real("eps", o.eps, {0, std::numeric_limits<double>::infinity(), true, false},
            "added to the denominator (" + defaults_of(&OptimizerDefaults::eps) + ")");
  bind.real(
      "momentum", o.momentum, {0, 1, false, true},
      "share of the last step that goes on (" + defaults_of(&OptimizerDefaults::momentum) + ")");
  bind.flag("nesterov", o.nesterov, "look ahead along the momentum (sgd)");
  bind.real("weight-decay", o.weight_decay, {0},
            "pull towards zero of A and B, but not of biases (adamw: 0.01, others: 0)");
  bind.flag("decay-bias", o.decay_bias, "biases are pulled too, as torch.optim does");
  bind.real("lr-b-ratio", o.lr_b_ratio, {0, std::numeric_limits<double>::infinity(), true, false},
            "learning rate of B over that of A (LoRA+), of trained biases as well (1)");
  bind.on(kTrainOrPlan | kEval);
  bind.choice(
      "loss", o.loss, names_of(loss_kinds()),
      "what is made small (regression: mse, classification: cross_entropy, multilabel: bce, "
      "retrieval: contrastive)");
  bind.text("class-weights", o.class_weights, "LIST|balanced",
            "how much each class counts in the loss, in the order of the outputs; balanced: by how "
            "rare it is")
      .choices = {"balanced"};
  bind.real("label-smoothing", o.label_smoothing, {0, 1},
            "share of each target that is spread over all classes (0): " +
                losses_with("label_smoothing"));
  bind.real("huber-delta", o.huber_delta, {0, std::numeric_limits<double>::infinity(), true, false},
            "the error from which on the loss is linear (1): " + losses_with("huber_delta"));
  bind.real("temperature", o.temperature, {0, std::numeric_limits<double>::infinity(), true, false},
            "what cosines are divided by: lower looks at the nearest documents only (0.07): " +
                losses_with("temperature"));
  bind.on(kTrainOrPlan);
  bind.whole("early-stop", o.early_stop, {1}, "end after N epochs without a better --keep-best");
  bind.choice(
      "keep-best", o.keep_best, keep_best_names(),
      "the figure by which the best epoch is kept in place of the last; none keeps the last "
      "(with validation: val_loss)");
  bind.on(kTrain);
  bind.whole("folds", o.folds, {2, 10000},
             "cross-validation: train N times, each time on all but one of N parts of --data, and "
             "judge by that part");
  bind.text("sweep", o.sweep, "LISTS",
            "train with every combination of values of options of the adapter and the "
            "optimisation, and seed, as in 'rank=2,4,8 lr=1e-3,1e-2', and print them best first");
  bind.flag("compare-full", o.compare_full,
            "train the whole weight as well, and print both side by side");
}

void bind_run(Binder& bind, Options& o) {
  bind.group("Run");
  bind.on(kTrainOrPlan);
  bind.add("seed", o.seed, "N", "of everything drawn; the same numbers as PyTorch's for this seed",
           [&o](const std::string& option, const std::string& given) {
             o.seed = parse_seed(option, given);
           });
  bind.whole("eval-every", o.eval_every, {1}, "epochs between validations (1)");
  bind.choice(
      "gram", o.gram, {"auto", "on", "off"},
      "mse with all rows in a step: sum the rows up once, so that an epoch does not depend on "
      "their number; auto does where that is cheaper over the whole run");
  bind.whole("shuffle-block", o.shuffle_block, {1},
             "shuffle blocks of N rows, then the rows within each: for data larger than memory");
  bind.on(kTrain);
  bind.flag(
      "profile", o.profile,
      "say at the end where the time went, and which share of this machine's peak product and "
      "bandwidth was reached");
  bind.on(kTrainOrPlan);
  bind.choice("progress", o.progress, {"auto", "on", "off"},
              "a line on stderr that says how far it is; auto: on a terminal, but not in a CI");
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
  bind.text("log", o.log, "FILE.jsonl",
            "write the run to a file as it goes, as JSON: an object a step (with --log-every N: "
            "every N steps), and one an epoch");
  bind.text("report", o.report, "FILE.html",
            "write a page about the run: plot, figures, outputs, the adapter's spectrum, options");
  bind.text("tensorboard", o.tensorboard, "DIR",
            "write an event file for TensorBoard as the run goes: train/loss and train/lr of steps "
            "(with --log-every N: every N), val/… of validations");
  bind.on(kTrainOrPlan | kCompare);
  bind.text("plot", o.plot, "FILE.svg",
            "draw loss, main figure and learning rate over the epochs; compare draws the losses "
            "of all runs");
  bind.on(kPredict | kMerge | kExtract);
  bind.text("output", o.output, "PATH",
            "predictions: .csv, .tsv, .npy, or - for stdout as CSV; of merge: the merged weights, "
            "or without --base the directory of one adapter for all; of extract: the adapter's "
            "directory");
  bind.on(kPredict);
  bind.flag(
      "probabilities", o.probabilities,
      "a column a class instead of the likeliest class; multilabel: how likely each label is, "
      "instead of 0 or 1");
  bind.on(kTrainOrPlan | kPredict | kMerge | kExtract | kCompare);
  bind.flag("overwrite", o.overwrite, "replace what is already there");
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

}  // namespace lora::cli
