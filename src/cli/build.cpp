#include "build.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include <spdlog/spdlog.h>

#include "lora/core/error.h"
#include "lora/core/table.h"
#include "lora/core/text.h"
#include "lora/loss/class_weights.h"
#include "lora/nn/visitor.h"
#include "lora/ops/parallel.h"
#include "lora/optim/parameter_groups.h"
#include "recipe.h"
#include "resolve.h"
#include "setting.h"
#include "targets.h"

namespace lora::cli {

namespace {

// Rows that validation looks at together.
constexpr Index kValidationBatch = 1024;

class CountVisitor : public Visitor {
 public:
  void parameter(const std::string& /*name*/, Parameter& parameter) override {
    counts.total += parameter.value.size();
    if (parameter.trainable()) counts.trainable += parameter.value.size();
  }
  void frozen(const std::string& /*name*/, const FrozenMatrix& weight) override {
    counts.total += weight.size();
  }

  Counts counts;
};

class TrainableVisitor : public Visitor {
 public:
  void parameter(const std::string& name, Parameter& parameter) override {
    if (parameter.trainable()) found.push_back({name, &parameter});
  }

  std::vector<NamedParameter> found;
};

ParameterRole role_of(const NamedParameter& named) {
  if (named.name.ends_with("bias")) return ParameterRole::bias;
  if (named.name.ends_with("lora_B.weight")) return ParameterRole::lora_b;
  if (named.name.ends_with("lora_magnitude_vector")) return ParameterRole::magnitude;
  return ParameterRole::weight;
}

std::vector<ParameterGroup> groups_of(const std::vector<NamedParameter>& trainable,
                                      const ParameterGroupOptions& options) {
  std::vector<TrainedParameter> parameters;
  parameters.reserve(trainable.size());
  for (const NamedParameter& named : trainable) {
    parameters.push_back({named.parameter, role_of(named)});
  }
  return parameter_groups(parameters, options);
}

Index outputs_of(const Dataset& data, const SourceFacts& facts) {
  return data.has_labels() ? data.classes : facts.targets;
}

/// A classifier that has seen one class only learns nothing but that class.
void check_classes(const Dataset& data, const SourceFacts& facts,
                   const std::vector<std::string>& names) {
  if (!data.has_labels()) return;
  const auto [least, most] = std::ranges::minmax(data.labels);
  if (least != most) return;
  const std::string name =
      names.empty() ? std::to_string(least) : in_quotes(names[static_cast<std::size_t>(least)]);
  throw Error(ErrorKind::input, facts.label, ": all ", data.rows(), " rows are of class ", name,
              "; at least two classes are needed");
}

/// "1,2.5" → numbers, one for each class.
std::vector<double> parse_class_weights(const std::string& list, Index classes) {
  if (list.find_first_of("0123456789") == std::string::npos) {
    throw Error(ErrorKind::usage, "--class-weights '", list,
                "': it must be 'balanced', or a number for each class, separated by commas");
  }
  std::vector<double> weights;
  for (const std::string& weight : split(list, ',')) {
    weights.push_back(parse_real("class-weights", weight, {0}));
  }
  if (static_cast<Index>(weights.size()) != classes) {
    throw Error(ErrorKind::usage, "--class-weights ", list, ": ", weights.size(),
                " weights, but there are ", classes, " classes");
  }
  if (std::ranges::all_of(weights, [](double weight) { return weight == 0; })) {
    throw Error(ErrorKind::usage, "--class-weights ", list, ": one of them must be above 0");
  }
  return weights;
}

template <class Value>
std::vector<Value> chosen(const std::vector<Value>& values, const std::vector<Index>& rows) {
  std::vector<Value> result;
  if (values.empty()) return result;
  result.reserve(rows.size());
  for (const Index row : rows) result.push_back(values[static_cast<std::size_t>(row)]);
  return result;
}

/// Without what only the base decides.
RunSize size_of(const Options& options, Index rows, Index features, Index outputs) {
  RunSize size;
  size.rows = rows;
  size.features = features;
  size.outputs = outputs;
  size.rank = options.rank.value_or(0);
  size.trains_weight = options.method == "full";
  size.trains_magnitude = options.dora;
  size.batch = *options.batch_size == 0 ? rows : std::min(*options.batch_size, rows);
  size.gathers = *options.shuffle || options.val_split.has_value();
  size.trains_bias = options.bias && *options.bias != "none";
  size.keeps_best = *options.keep_best != "none";
  return size;
}

}  // namespace

Counts counts_of(Model& model) {
  CountVisitor walk;
  model.visit(walk);
  return walk.counts;
}

int threads_of(const Options& options) {
  return options.threads == 0 ? available_threads() : static_cast<int>(options.threads);
}

TrainConfig train_config(const Options& options) {
  TrainConfig config;
  config.epochs = *options.epochs;
  config.max_steps = options.max_steps.value_or(0);
  config.lr = options.lr;
  config.accumulate = options.accumulate;
  config.clip_norm = options.clip_norm.value_or(0);
  config.eval_every = options.eval_every;
  config.keep_best = *options.keep_best == "none" ? "" : *options.keep_best;
  config.early_stop = options.early_stop.value_or(0);
  config.keep_every = options.checkpoint_every.value_or(0);
  return config;
}

void check_widths(const BaseModel& base, const SourceFacts& facts) {
  if (facts.features != base.head.in_features()) {
    throw Error(ErrorKind::input, facts.label, ": ", facts.features, " features, but ",
                label_of(base), " takes ", base.head.in_features());
  }
  const bool numbers = facts.task == Task::regression && facts.targets > 0;
  if (numbers && facts.targets != base.head.out_features()) {
    throw Error(ErrorKind::input, facts.label, ": ", facts.targets, " target column(s)",
                facts.target_names.empty() ? "" : " ('" + joined(facts.target_names) + "')",
                ", but ", label_of(base), " has ", base.head.out_features(), " outputs",
                facts.targets == 1 ? "; if the target is a class, say --task classification" : "");
  }
}

std::unique_ptr<Loss> make_loss(const Options& options, Index outputs,
                                const std::vector<std::int32_t>& labels,
                                const std::vector<Real>& weights) {
  LossOptions loss_options;
  if (options.class_weights == "balanced") {
    loss_options.class_weights = balanced_class_weights(labels, weights, outputs);
  } else if (!options.class_weights.empty()) {
    loss_options.class_weights = parse_class_weights(options.class_weights, outputs);
  }
  return find_entry(loss_kinds(), "--loss", *options.loss).make(loss_options);
}

Run::Run(Options& options)
    : compute{threads_of(options)}, rng(static_cast<std::uint64_t>(options.seed)) {
  if (options.is_demo()) {
    make_demo(options);
  } else {
    read_files(options);
  }
  hold_out(options);
  scale_features(options);
  attach_adapter(options);
  make_loaders(options);
  cache = std::make_unique<FrozenCache>(model(), data, compute);
  make_loss_and_metrics(options);
  objective = std::make_unique<ModelObjective>(model(), *loss);
  make_optimizer(options);
}

/// Random data, then a random base, in the order in which PyTorch's program draws them.
void Run::make_demo(const Options& options) {
  RunSize size = size_of(options, *options.samples, *options.in, *options.out);
  size.base_is_drawn = true;
  check_memory(memory_need(size, options));
  data.features = rng.normal(*options.samples, *options.in);
  data.targets = rng.normal(*options.samples, *options.out);
  base.emplace(draw_base(*options.in, *options.out, options.seed, rng));
  base->seed.reset();  // not the generator's first draws
}

void Run::read_files(Options& options) {
  DatasetRequest request;
  request.data = options.data;
  request.target = options.target;
  request.weight_column = options.weight_column;
  request.left_out = options.keep_columns;
  if (options.task) request.task = task_named(*options.task);
  if (!options.adapter.empty()) {
    start.emplace(options.adapter);
    base.emplace(base_of(*start, options));
    if (start->record) {
      request.feature_names = start->record->feature_names;
      request.class_names = start->record->class_names;
      if (!request.task) request.task = start->record->task;
    }
  } else if (!options.base.empty()) {
    base.emplace(read_base(options.base, options.fan_in_fan_out));
  }
  if (base) request.outputs = model().out_features();

  DatasetReader reader(request);
  facts = reader.facts();
  task = facts.task;
  resolve_task(options, task);
  if (base) check_widths(*base, facts);
  check_memory(memory_need(size(options), options));
  data = reader.read_all();
  class_names = reader.class_names();
  check_classes(data, facts, class_names);
  if (!base) {
    base.emplace(draw_base(facts.features, outputs_of(data, facts), options.seed, rng));
  }
  read_validation(options);
}

void Run::read_validation(const Options& options) {
  if (options.val.empty()) return;
  DatasetRequest request;
  request.data = options.val;
  request.target = options.val_target.empty() ? options.target : options.val_target;
  request.weight_column = options.weight_column;
  request.left_out = options.keep_columns;
  request.task = task;
  request.feature_names = facts.feature_names;
  request.target_names = facts.target_names;
  request.outputs = model().out_features();
  request.class_names = class_names;
  DatasetReader reader(request);
  check_widths(*base, reader.facts());
  validation_data = reader.read_all();
}

void Run::hold_out(const Options& options) {
  if (options.val_split) {
    rows = split_rows(data, *options.val_split, static_cast<std::uint64_t>(options.seed));
  } else {
    rows.train = all_rows(data.rows());
    rows.validation = all_rows(validation_data.rows());
  }
}

/// An adapter goes on with the features that it was trained on.
void Run::scale_features(const Options& options) {
  const bool from_record = start && start->record;
  if (from_record && start->record->scaling) {
    scaling = start->record->scaling;
  } else if (from_record && options.standardize) {
    throw Error(ErrorKind::usage, "--standardize contradicts --adapter ", options.adapter,
                ", which was trained without it");
  } else if (options.standardize) {
    scaling = FeatureScaling::of(data.features, rows.train);
    for (const Index column : scaling->constant_columns()) {
      const auto i = static_cast<std::size_t>(column);
      spdlog::warn("warning: feature {} is the same in every training row, so it becomes 0",
                   facts.feature_names.empty() ? std::to_string(column + 1)
                                               : in_quotes(facts.feature_names[i]));
    }
  }
  if (!scaling) return;
  if (static_cast<Index>(scaling->mean.size()) != data.features.cols()) {
    throw Error(ErrorKind::input, run_record_path(options.adapter), ": scales ",
                scaling->mean.size(), " features, but ", facts.label, " has ",
                data.features.cols());
  }
  scaling->apply(data.features);
  if (validation_data.rows() > 0) scaling->apply(validation_data.features);
}

void Run::attach_adapter(const Options& options) {
  Linear& linear = model().linear();
  if (start) {
    start->adapter.attach_to(model(), options.dropout);
    adapter = start->adapter.config();
  } else {
    adapter = adapter_config(options, {model().name()});
    const Index rank = adapter.rank_of(model().name());
    const double scale = adapter.scale_of(model().name());
    const AdapterOptions adapter_options{rank, scale * static_cast<double>(rank),
                                         options.init.value_or(""), options.dropout};
    const char* const kind = options.method == "full" ? "dense" : options.dora ? "dora" : "lora";
    linear.attach(
        find_entry(adapter_kinds(), "adapter", kind).make(adapter_options, linear.weight(), rng));
  }
  adapter.base_model = base->name;
  const std::string mode = options.bias.value_or(adapter.bias);
  if (mode == "none") return;
  if (linear.bias() == nullptr) {
    throw Error(ErrorKind::usage, "--bias ", mode, ": ", label_of(*base),
                " has no bias that could be trained; leave --bias away");
  }
  adapter.bias = mode;
  linear.bias()->set_trainable(true);
}

void Run::make_loaders(const Options& options) {
  train_loader = std::make_unique<Loader>(data, rows.train, *options.batch_size, *options.shuffle);
  if (rows.validation.empty()) return;
  const bool own = validation_data.rows() > 0;
  validation_loader = std::make_unique<Loader>(own ? validation_data : data, rows.validation,
                                               kValidationBatch, /*shuffle=*/false);
  if (own) validation_cache = std::make_unique<FrozenCache>(model(), validation_data, compute);
}

void Run::make_loss_and_metrics(const Options& options) {
  loss = make_loss(options, model().out_features(), chosen(data.labels, rows.train),
                   chosen(data.weights, rows.train));
  metrics = make_metrics(task, model().out_features());
}

void Run::make_optimizer(const Options& options) {
  TrainableVisitor walk;
  model().visit(walk);
  trainable = std::move(walk.found);
  optimizer = find_entry(optimizer_kinds(), "--optimizer", options.optimizer)
                  .make(optimizer_options(options), groups_of(trainable, group_options(options)));
  schedule = make_schedule(options, total_steps(options));
}

Index Run::steps_per_epoch(const Options& options) const {
  return (train_loader->batches() - 1) / options.accumulate + 1;
}

Index Run::total_steps(const Options& options) const {
  const Index steps = steps_per_epoch(options);
  const Index most_epochs = std::numeric_limits<Index>::max() / steps;
  return options.max_steps.value_or(std::min(*options.epochs, most_epochs) * steps);
}

RunSize Run::size(const Options& options) const {
  const bool labels = task == Task::classification;
  const Index rows_known =
      data.rows() > 0 ? data.rows() + validation_data.rows() : facts.rows.value_or(0);
  const Index fewest_outputs = labels ? std::max<Index>(data.classes, 2) : facts.targets;
  RunSize size = base ? size_of(options, rows_known, model().in_features(), model().out_features())
                      : size_of(options, rows_known, facts.features, fewest_outputs);
  if (start) {
    for (const std::string& path : start->adapter.layers()) {
      size.rank = std::max(size.rank, start->adapter.config().rank_of(path));
    }
  }
  size.labels = labels;
  size.base_is_drawn = !base || base->name.empty();
  if (base) size.base_bytes = static_cast<double>(model().linear().weight().bytes().size());
  return size;
}

std::optional<Feed> Run::validation() {
  if (!validation_loader) return std::nullopt;
  return Feed{*validation_loader, validation_cache ? *validation_cache : *cache};
}

TrainParts Run::parts(std::vector<Observer*> observers, std::function<bool()> stop) {
  return {*objective,    *optimizer, trainable, {*train_loader, *cache}, validation(),    metrics,
          rng,           compute,    group,     std::move(observers),    std::move(stop), nullptr,
          schedule.get()};
}

}  // namespace lora::cli
