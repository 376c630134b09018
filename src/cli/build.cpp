#include "build.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include <spdlog/spdlog.h>

#include "adaptation.h"
#include "lora/core/error.h"
#include "lora/core/profile.h"
#include "lora/core/table.h"
#include "lora/core/text.h"
#include "lora/data/dataset_request.h"
#include "lora/loss/class_weights.h"
#include "lora/nn/visitor.h"
#include "lora/ops/parallel.h"
#include "lora/train/evaluator.h"
#include "processes.h"
#include "recipe.h"
#include "setting.h"

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

/// The labels of all processes, without their rows.
Dataset outline_of(const Dataset& data, Group& group) {
  Dataset outline;
  outline.elsewhere = data.rows_everywhere();
  outline.classes = data.classes;
  if (data.has_labels()) outline.labels = gather_labels(group, data.labels);
  return outline;
}

/// Those of the rows of all processes that this one has, by their numbers here.
std::vector<Index> rows_here(const Dataset& data, const std::vector<Index>& rows) {
  std::vector<Index> here;
  for (const Index row : rows) {
    if (row >= data.first && row < data.first + data.rows()) here.push_back(row - data.first);
  }
  return here;
}

/// Those of `values`, one a row of `data` or none, that belong to these rows of all processes.
template <class Value>
std::vector<Value> chosen(const std::vector<Value>& values, const Dataset& data,
                          const std::vector<Index>& rows) {
  std::vector<Value> result;
  if (values.empty()) return result;
  const std::vector<Index> here = rows_here(data, rows);
  result.reserve(here.size());
  for (const Index row : here) result.push_back(values[static_cast<std::size_t>(row)]);
  return result;
}

}  // namespace

Counts counts_of(Model& model) {
  CountVisitor walk;
  model.visit(walk);
  return walk.counts;
}

int threads_of(const Options& options) {
  if (options.threads != 0) return static_cast<int>(options.threads);
  return std::max(1, available_threads() / processes_on_host());
}

TrainConfig train_config(const Options& options) {
  TrainConfig config;
  config.epochs = *options.epochs;
  config.max_steps = options.max_steps.value_or(0);
  config.lr = options.lr;
  config.accumulate = options.accumulate;
  config.clip_norm = options.clip_norm.value_or(0);
  config.eval_every = options.eval_every.value_or(1);
  config.keep_best = *options.keep_best == "none" ? "" : *options.keep_best;
  config.early_stop = options.early_stop.value_or(0);
  config.keep_every = options.checkpoint_every.value_or(0);
  return config;
}

std::unique_ptr<Loss> make_loss(const Options& options, Index outputs,
                                const std::vector<std::int32_t>& labels,
                                const std::vector<Real>& weights, Group& group) {
  LossOptions of_loss = loss_options(options);
  if (options.class_weights == "balanced") {
    of_loss.class_weights = balanced_class_weights(labels, weights, outputs, group);
  } else if (!options.class_weights.empty()) {
    of_loss.class_weights = parse_class_weights(options.class_weights, outputs);
  }
  return find_entry(loss_kinds(), "--loss", *options.loss).make(of_loss);
}

Run::Run(const Options& options, RunInputs& read, Purpose purpose)
    : inputs(read),
      start(read.start),
      facts(read.facts),
      task(read.task),
      class_names(read.class_names),
      compute{.threads = threads_of(options), .profile = read.profile},
      group(*read.group),
      rng(static_cast<std::uint64_t>(options.seed)) {
  if (options.is_demo()) {
    make_demo(options);
  } else {
    make_base(options);
  }
  hold_out(options);
  find_scaling(options);
  scale_features(options);
  adapter = adapt(*base, options, start, rng);
  make_loaders(options);
  make_loss_and_metrics(options);
  objective = std::make_unique<ModelObjective>(model(), *loss);
  make_optimizer(options);
  if (purpose == Purpose::train) keep_products(options);
}

/// Random data, then a random base, in the order in which PyTorch's program draws them. Of several
/// processes each draws all rows and keeps its own.
void Run::make_demo(const Options& options) {
  const Index samples = *options.samples;
  if (samples < group.size()) {
    throw Error(ErrorKind::usage, "--samples ", samples, ": less rows than the ", group.size(),
                " processes");
  }
  const FilePart part{group.rank(), group.size()};
  own_data.first = part.begin(samples);
  const Index rows_here = part.end(samples) - own_data.first;
  own_data.elsewhere = samples - rows_here;
  own_data.features =
      Matrix(rng.normal(samples, *options.in).middleRows(own_data.first, rows_here));
  own_data.targets = rng.normal(samples, *options.out).middleRows(own_data.first, rows_here);
  base.emplace(draw_base(*options.in, *options.out, options.seed, rng));
  base->seed.reset();  // not the generator's first draws
}

void Run::make_base(const Options& options) {
  if (inputs.base) {
    base.emplace(same_base(*inputs.base));
  } else {
    const Widths widths = inputs.widths();
    base.emplace(draw_base(widths.in, widths.out, options.seed, rng));
  }
}

void Run::hold_out(const Options& options) {
  const auto seed = static_cast<std::uint64_t>(options.seed);
  if (task == Task::retrieval) {
    pairs = hold_out_pairs(inputs.pairs, options);
    rows.train = rows_of(pairs.train);
    rows.validation = rows_of(pairs.validation);
  } else if (options.folds) {
    rows = fold_rows(data(), *options.folds, options.fold, seed);
  } else if (options.val_split) {
    const bool all_here = data().elsewhere == 0;
    rows = all_here ? split_rows(data(), *options.val_split, seed)
                    : split_rows(outline_of(data(), group), *options.val_split, seed);
  } else {
    rows.train = all_rows(data().rows_everywhere());
    rows.validation = all_rows(validation_data().rows_everywhere());
  }
}

/// An adapter goes on with the features that it was trained on.
void Run::find_scaling(const Options& options) {
  const bool from_record = start && start->record;
  if (from_record && start->record->scaling) {
    scaling = start->record->scaling;
  } else if (from_record && options.standardize) {
    throw Error(ErrorKind::usage, "--standardize contradicts --adapter ", options.adapter,
                ", which was trained without it");
  } else if (options.standardize) {
    scaling = FeatureScaling::of(data().features.view(), rows_here(data(), rows.train), group);
  }
}

/// In place, unless other runs need the features as they are.
void Run::scale_features(const Options& options) {
  if (!scaling) return;
  if (static_cast<Index>(scaling->mean.size()) != data().features.cols()) {
    throw Error(ErrorKind::input, run_record_path(options.adapter), ": scales ",
                scaling->mean.size(), " features, but ", facts.label, " has ",
                data().features.cols());
  }
  if (!inputs.of_several) {
    scaling->apply(inputs.data.features.own());
    if (validation_data().rows() > 0) scaling->apply(inputs.validation_data.features.own());
    return;
  }
  own_data = inputs.data;
  scaling->apply(own_data.features.own());
  if (validation_data().rows() == 0) return;
  own_validation_data = inputs.validation_data;
  scaling->apply(own_validation_data.features.own());
}

void Run::make_loaders(const Options& options) {
  if (task == Task::retrieval) return make_pair_loaders(options);
  const OrderRule order = {.any_order = options.dropout == 0,
                           .shuffle_block = options.shuffle_block.value_or(0)};
  train_loader =
      std::make_unique<Loader>(data(), rows.train, *options.batch_size, *options.shuffle, order);
  if (rows.validation.empty()) return;
  const bool own = validation_data().rows() > 0;
  validation_loader = std::make_unique<Loader>(own ? validation_data() : data(), rows.validation,
                                               kValidationBatch, /*shuffle=*/false);
}

/// Sums over the rows need nothing that is kept of each of them, but held-out rows of the same data
/// do.
void Run::keep_products(const Options& options) {
  const bool by_sums = options.gram == "on";
  if (by_sums) sum_up_rows();
  const Timed timed(compute, Phase::base_products);
  const bool rows_are_used = !by_sums || options.val_split || options.folds;
  cache = rows_are_used ? std::make_unique<FrozenCache>(model(), data(), compute)
                        : std::make_unique<FrozenCache>(compute);
  if (validation_data().rows() > 0) {
    validation_cache = std::make_unique<FrozenCache>(model(), validation_data(), compute);
  }
  // Most of the base is not looked at again, and takes no memory of this process until it is.
  if (base->mapping) base->mapping->forget(base->mapping->bytes());
}

void Run::sum_up_rows() {
  const Timed timed(compute, Phase::row_sums);
  Linear& layer = *linears_of(model()).front().layer;
  sums = std::make_unique<GramSums>(layer, data(), rows_here(data(), rows.train), compute, group);
  sum_objective = std::make_unique<GramObjective>(*layer.adapter()->only_factors(), *sums,
                                                  train_loader->rows(), *objective, compute);
}

/// Held-out pairs in batches as those of the training: the loss depends on their size.
void Run::make_pair_loaders(const Options& options) {
  const Index size = *options.batch_size;
  train_loader = std::make_unique<Loader>(data(), pairs.train, size, *options.shuffle,
                                          options.shuffle_block.value_or(0));
  if (pairs.validation.empty()) return;
  validation_loader = std::make_unique<Loader>(data(), pairs.validation, size, /*shuffle=*/false);
}

void Run::make_loss_and_metrics(const Options& options) {
  loss = make_loss(options, model().out_features(), chosen(data().labels, data(), rows.train),
                   chosen(data().weights, data(), rows.train), group);
  metrics = make_metrics(task, model().out_features());
}

void Run::make_optimizer(const Options& options) {
  trainable = trainable_parameters(model());
  optimizer =
      find_entry(optimizer_kinds(), "--optimizer", options.optimizer)
          .make(optimizer_options(options), parameter_groups(trainable, group_options(options)));
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

std::optional<Feed> Run::validation() {
  if (!validation_loader) return std::nullopt;
  return Feed{*validation_loader, validation_cache ? *validation_cache : *cache};
}

const std::vector<std::string>& Run::output_names() const {
  return task == Task::classification ? class_names : facts.target_names;
}

void Run::evaluate(const Feed& feed, const std::vector<Metric*>& accumulators) {
  Evaluator evaluator(*objective, {}, compute, group, accumulators);
  Rng nobody(0);
  feed.loader.start_epoch(nobody);
  while (std::optional<Batch> batch = feed.loader.next()) {
    feed.cache.fill(*batch);
    evaluator.add(*batch);
  }
  for (Metric* metric : accumulators) metric->sum_over(group);
}

TrainParts Run::parts(std::vector<Observer*> observers, std::function<bool()> stop) {
  Objective& trained =
      sum_objective ? static_cast<Objective&>(*sum_objective) : static_cast<Objective&>(*objective);
  return {trained,       *optimizer, trainable, {*train_loader, *cache}, validation(),    metrics,
          rng,           compute,    group,     std::move(observers),    std::move(stop), nullptr,
          schedule.get()};
}

}  // namespace lora::cli
