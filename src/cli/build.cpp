#include "build.h"

#include <omp.h>
#include <string_view>
#include <utility>

#include "lora/core/dtype.h"
#include "lora/core/error.h"
#include "lora/core/table.h"
#include "lora/data/dataset_reader.h"
#include "lora/data/split.h"
#include "lora/nn/visitor.h"
#include "lora/ops/frozen.h"
#include "lora/ops/parallel.h"

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

bool is_bias(const NamedParameter& named) {
  return named.name.ends_with("bias");
}

/// Biases are never decayed.
std::vector<ParameterGroup> groups_of(const std::vector<NamedParameter>& trainable,
                                      double weight_decay) {
  ParameterGroup weights{{}, weight_decay};
  ParameterGroup biases{{}, 0};
  for (const NamedParameter& named : trainable) {
    (is_bias(named) ? biases : weights).parameters.push_back(named.parameter);
  }
  return {weights, biases};
}

/// Refuses a base that does not fit its data.
void check_widths(const LinearHead& model, const Dataset& data, const Options& options,
                  const std::string& file, const std::string& base) {
  if (data.features.cols() != model.in_features()) {
    throw Error(ErrorKind::input, file, ": ", data.features.cols(), " features, but ", base,
                " takes ", model.in_features());
  }
  if (data.targets.size() != 0 && data.targets.cols() != model.out_features()) {
    throw Error(ErrorKind::input, file, ": ", data.targets.cols(), " target column(s) ('",
                options.target, "'), but ", base, " has ", model.out_features(), " outputs");
  }
}

/// Refuses a weight that would make every loss infinite or not a number.
void check_finite(const FrozenWeight& base, const std::string& name) {
  if (const auto bad = first_non_finite(base.weight)) {
    throw Error(ErrorKind::input, name, ": element (", bad->row, ", ", bad->col, ") is ",
                bad->value, "; every number of a frozen weight must be finite in float32");
  }
  if (base.bias && !base.bias->allFinite()) {
    throw Error(ErrorKind::input, name, ": its bias holds a number that is not finite");
  }
}

LinearHead head_of(FrozenWeight& base) {
  return LinearHead(base.path, Linear(std::move(base.weight), std::move(base.bias)));
}

Index outputs_of(const Dataset& data) {
  return data.has_labels() ? data.classes : data.targets.cols();
}

}  // namespace

Run::Run(const Options& options)
    : adapter_options{options.rank, options.alpha, *options.init},
      task(*options.task == "classification" ? Task::classification : Task::regression),
      compute{options.threads == 0 ? available_threads() : static_cast<int>(options.threads)},
      rng(static_cast<std::uint64_t>(options.seed)) {
  if (options.is_demo()) {
    make_demo(options);
  } else {
    read_files(options);
  }
  attach_adapter(options);
  make_loaders(options);
  cache = std::make_unique<FrozenCache>(*model, data, compute);
  loss = find_entry(loss_kinds(), "--loss", *options.loss).make({});
  metrics = make_metrics(task, model->out_features());
  std::erase_if(metrics, [](const ReportedMetric& metric) { return !metric.kind->headline; });
  objective = std::make_unique<ModelObjective>(*model, *loss);
  make_optimizer(options);
}

/// Random data, then a random base, in the order in which PyTorch's program draws them.
void Run::make_demo(const Options& options) {
  data.features = rng.normal(*options.samples, *options.in);
  data.targets = rng.normal(*options.samples, *options.out);
  base_dtype = "float32";
  model.emplace("linear", Linear::drawn(*options.in, *options.out, rng));
}

void Run::read_files(const Options& options) {
  DatasetRequest request{options.data, options.target, task, std::nullopt};
  std::string base = "the drawn base";
  if (!options.base.empty()) {
    FrozenWeight weight = read_frozen_weight(options.base);
    base_name = weight.tensor.empty() ? weight.file : weight.file + ":" + weight.tensor;
    base_dtype = name_of(weight.weight.dtype());
    base_mapping = weight.mapping;
    base = base_name;
    check_finite(weight, base);
    model.emplace(head_of(weight));
    request.classes = model->out_features();
  }
  data = read_dataset(request);
  if (!model) {
    base_dtype = "float32";
    model.emplace("linear", Linear::drawn(data.features.cols(), outputs_of(data), rng));
    request.classes = model->out_features();
  }
  check_widths(*model, data, options, options.data, base);
  if (options.val.empty()) return;

  request.data = options.val;
  if (!options.val_target.empty()) request.target = options.val_target;
  validation_data = read_dataset(request);
  check_widths(*model, validation_data, options, options.val, base);
}

void Run::attach_adapter(const Options& options) {
  Linear& linear = model->linear();
  const AdapterKind& kind = adapter_kinds().front();
  linear.attach(kind.make(adapter_options, linear.in_features(), linear.out_features(), rng));
  if (options.bias == "none") return;
  if (linear.bias() == nullptr) {
    throw Error(ErrorKind::usage, "--bias ", options.bias, ": ", base_name,
                " has no bias that could be trained; leave --bias away");
  }
  linear.bias()->set_trainable(true);
}

void Run::make_loaders(const Options& options) {
  std::vector<Index> rows = all_rows(data.rows());
  if (options.val_split) {
    Split split = split_rows(data, *options.val_split, static_cast<std::uint64_t>(options.seed));
    validation_loader =
        std::make_unique<Loader>(data, std::move(split.validation), kValidationBatch, false);
    rows = std::move(split.train);
  } else if (validation_data.rows() > 0) {
    validation_loader = std::make_unique<Loader>(validation_data, all_rows(validation_data.rows()),
                                                 kValidationBatch, false);
    validation_cache = std::make_unique<FrozenCache>(*model, validation_data, compute);
  }
  train_loader =
      std::make_unique<Loader>(data, std::move(rows), *options.batch_size, *options.shuffle);
}

void Run::make_optimizer(const Options& options) {
  TrainableVisitor walk;
  model->visit(walk);
  trainable = std::move(walk.found);
  optimizer = find_entry(optimizer_kinds(), "--optimizer", options.optimizer)
                  .make(options.optimizer_options, groups_of(trainable, options.weight_decay));
}

TrainParts Run::parts(std::vector<Observer*> observers, std::function<bool()> stop) {
  std::optional<Feed> validation;
  if (validation_loader) {
    validation.emplace(Feed{*validation_loader, validation_cache ? *validation_cache : *cache});
  }
  return {*objective, *optimizer, trainable, {*train_loader, *cache}, validation,     metrics,
          rng,        compute,    group,     std::move(observers),    std::move(stop)};
}

Counts Run::counts() {
  CountVisitor walk;
  model->visit(walk);
  return walk.counts;
}

}  // namespace lora::cli
