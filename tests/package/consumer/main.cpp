// Trains an adapter with the library: rows whose targets a frozen layer misses by a difference of
// rank 2, which factors of rank 2 can learn.
#include <cstdio>
#include <lora/core/compute.h>
#include <lora/core/group.h>
#include <lora/core/rng.h>
#include <lora/core/table.h>
#include <lora/data/dataset.h>
#include <lora/data/loader.h>
#include <lora/loss/loss.h>
#include <lora/model/linear_head.h>
#include <lora/nn/adapter.h>
#include <lora/optim/optimizer.h>
#include <lora/train/frozen_cache.h>
#include <lora/train/objective.h>
#include <lora/train/trainer.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr lora::Index kRows = 512;
constexpr lora::Index kIn = 48;
constexpr lora::Index kOut = 7;
constexpr lora::Index kRank = 2;

/// What of a model is trained.
class Trainable : public lora::Visitor {
 public:
  void parameter(const std::string& name, lora::Parameter& parameter) override {
    if (parameter.trainable()) found.push_back({name, &parameter});
  }

  std::vector<lora::NamedParameter> found;
};

/// Remembers the loss of each epoch.
class Losses : public lora::Observer {
 public:
  void on_epoch(const lora::EpochRecord& record) override { values.push_back(record.loss); }

  std::vector<double> values;
};

/// A layer without bias, drawn as torch.nn.Linear draws its weight, with new factors beside it.
lora::Linear adapted_layer(const lora::Matrix& weight, lora::Rng& rng) {
  lora::Linear layer{lora::FrozenMatrix(weight)};
  lora::AdapterOptions options;
  options.rank = kRank;
  layer.attach(lora::find_entry(lora::adapter_kinds(), "adapter", "lora")
                   .make(options, layer.weight(), rng));
  return layer;
}

}  // namespace

int main() {
  lora::Rng rng(42);
  const lora::Matrix weight = rng.normal(kOut, kIn);
  const lora::Matrix difference = rng.normal(kOut, kRank) * rng.normal(kRank, kIn) * 0.2F;
  const lora::Matrix features = rng.normal(kRows, kIn);
  lora::Dataset data;
  data.features = features;
  data.targets = features * (weight + difference).transpose();

  lora::LinearHead model("layer", adapted_layer(weight, rng));
  const std::unique_ptr<lora::Loss> loss =
      lora::find_entry(lora::loss_kinds(), "loss", "mse").make({});
  lora::ModelObjective objective(model, *loss);
  Trainable trainable;
  model.visit(trainable);
  lora::ParameterGroup parameters;
  for (const lora::NamedParameter& named : trainable.found) {
    parameters.parameters.push_back(named.parameter);
  }
  const std::unique_ptr<lora::Optimizer> optimizer =
      lora::find_entry(lora::optimizer_kinds(), "optimiser", "adam").make({}, {parameters});

  lora::Compute compute{.threads = 2};
  lora::Loader loader(data, lora::all_rows(kRows), 32, true);
  lora::FrozenCache cache(model, data, compute);
  lora::SingleProcess group;
  Losses losses;
  lora::TrainConfig config;
  config.epochs = 60;
  lora::Trainer trainer(config, {.objective = objective,
                                 .optimizer = *optimizer,
                                 .trainable = trainable.found,
                                 .train = {loader, cache},
                                 .validation = std::nullopt,
                                 .metrics = {},
                                 .rng = rng,
                                 .compute = compute,
                                 .group = group,
                                 .observers = {&losses},
                                 .stop = {}});
  trainer.run();

  const double first = losses.values.front();
  const double last = losses.values.back();
  std::printf("loss of the first epoch %.4f, of the last %.6f\n", first, last);
  return last < first / 1000 ? 0 : 1;
}
