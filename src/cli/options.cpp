#include "options.h"

#include <cmath>
#include <functional>
#include <string_view>
#include <utility>

#include "lora/core/error.h"
#include "lora/core/table.h"
#include "lora/loss/loss.h"
#include "lora/nn/lora_init.h"

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
ordered_json to_json(const std::string& value) {
  return value.empty() ? ordered_json() : ordered_json(value);
}

/// Collects the settings of one group after another.
class Binder {
 public:
  void group(std::string name) { group_ = std::move(name); }

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
    setting.value_name = std::move(value_name);
    setting.help = std::move(help);
    return settings_.emplace_back(std::move(setting));
  }

  std::vector<Setting> take() { return std::move(settings_); }

 private:
  std::string group_;
  std::vector<Setting> settings_;
};

void bind_problem(Binder& bind, Options& o) {
  bind.group("Problem");
  bind.whole("in", o.in, {1}, "demo: input features (64)");
  bind.whole("out", o.out, {1}, "demo: outputs (10)");
  bind.whole("samples", o.samples, {1}, "demo: rows of random data (1000)");
  bind.text("data", o.data, "FILE",
            "rows to train on: .csv with a header, or features as .npy; without it: the demo");
  bind.text("target", o.target, "COLUMNS|FILE",
            "what to predict: columns of --data (names, numbers from 1, or 'last', separated by "
            "commas), or an .npy file");
  bind.choice("task", o.task, {"regression", "classification"},
              "what the targets are (by --loss, else regression)");
  bind.text("base", o.base, "FILE[:TENSOR]",
            "the frozen weight, (out, in): .safetensors (with its bias, if there) or .npy; without "
            "it: drawn as torch.nn.Linear does");
  bind.text("val", o.val, "FILE", "held-out rows, in the form of --data");
  bind.text("val-target", o.val_target, "FILE", "their targets, if --val is an .npy file");
  bind.real("val-split", o.val_split, {0, 1, true, true},
            "hold out this share of --data instead, by class for classification");
}

void bind_adapter(Binder& bind, Options& o) {
  bind.group("Adapter");
  bind.whole("rank", o.rank, {1}, "rank of the factors A and B").aliases = {"r"};
  bind.real("alpha", o.alpha, {0, std::numeric_limits<double>::infinity(), true, false},
            "the adapter's part is scaled by alpha/rank (default: the rank, so 1)")
      .aliases = {"lora-alpha"};
  bind.choice("init", o.init, names_of(lora_inits()),
              "how A and B start (demo: normal, with --data: kaiming)");
  bind.choice("bias", o.bias, {"none", "all"}, "which biases are trained as well");
}

void bind_optimisation(Binder& bind, Options& o) {
  bind.group("Optimisation");
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
  bind.choice("loss", o.loss, names_of(loss_kinds()),
              "what is made small (regression: mse, classification: cross_entropy)");
}

void bind_run(Binder& bind, Options& o) {
  bind.group("Run");
  bind.add("seed", o.seed, "N", "of everything drawn; the same numbers as PyTorch's for this seed",
           [&o](const std::string& option, const std::string& given) {
             o.seed = parse_seed(option, given);
           });
  bind.whole("threads", o.threads, {0, 4096},
             "processors to use at most, 0 for all; results do not depend on it");
  bind.flag("json", o.json, "one JSON object a line on stdout");
  bind.flag("quiet", o.quiet, "nothing on stderr but errors");
  bind.flag("verbose", o.verbose, "also the resolved options, and what the run took");
}

void bind_output(Binder& bind, Options& o) {
  bind.group("Output");
  bind.text("save", o.save, "DIR", "write the adapter as a PEFT directory");
  bind.flag("overwrite", o.overwrite, "replace an adapter that is already there");
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

void check_problem(const Options& o) {
  const bool with_data = !o.is_demo();
  for (const auto& [given, name] : {std::pair{o.in.has_value(), "in"},
                                    {o.out.has_value(), "out"},
                                    {o.samples.has_value(), "samples"}}) {
    refuse_together(given, name, with_data, "data", "the data decides it");
  }
  for (const auto& [given, name] : {std::pair{!o.target.empty(), "target"},
                                    {o.task.has_value(), "task"},
                                    {!o.base.empty(), "base"},
                                    {!o.val.empty(), "val"}}) {
    refuse_without(given, with_data, name, "data");
  }
  if (with_data && o.target.empty()) {
    throw Error(ErrorKind::usage,
                "--data needs --target: the columns, or the file, that hold what to predict");
  }
  refuse_without(!o.val_target.empty(), !o.val.empty(), "val-target", "val");
  refuse_together(!o.val.empty(), "val", o.val_split.has_value(), "val-split",
                  "held-out rows come from a file or from --data");
}

std::string task_of_loss(const std::string& loss) {
  const Task task = find_entry(loss_kinds(), "--loss", loss).task;
  return task == Task::classification ? "classification" : "regression";
}

void resolve_task_and_loss(Options& o) {
  if (!o.task) o.task = o.loss ? task_of_loss(*o.loss) : "regression";
  if (!o.loss) o.loss = *o.task == "classification" ? "cross_entropy" : "mse";
  const std::string fitting = task_of_loss(*o.loss);
  if (fitting != *o.task) {
    throw Error(ErrorKind::usage, "--loss ", *o.loss, " is for ", fitting, ", but the task is ",
                *o.task);
  }
  if (o.is_demo() && *o.task == "classification") {
    throw Error(ErrorKind::usage, "--loss ", *o.loss,
                " needs classes, but the demo's targets are numbers: give --data and --target");
  }
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

void resolve(Options& o) {
  check_problem(o);
  resolve_task_and_loss(o);
  const bool demo = o.is_demo();
  if (demo) {
    o.in = o.in.value_or(64);
    o.out = o.out.value_or(10);
    o.samples = o.samples.value_or(1000);
  }
  o.alpha = o.alpha.value_or(static_cast<double>(o.rank));
  o.init = o.init.value_or(demo ? "normal" : "kaiming");
  o.epochs = o.epochs.value_or(demo ? 10 : 100);
  o.batch_size = o.batch_size.value_or(demo ? 0 : 32);
  o.shuffle = o.shuffle.value_or(!demo);
  refuse_together(o.quiet, "quiet", o.verbose, "verbose", "one is less, the other more");
  refuse_without(o.overwrite, !o.save.empty(), "overwrite", "save");
}

}  // namespace lora::cli
