#include "adaptation.h"

#include <algorithm>

#include "lora/core/error.h"
#include "lora/core/table.h"
#include "lora/nn/adapter.h"
#include "lora/nn/visitor.h"
#include "targets.h"

namespace lora::cli {

namespace {

class LinearVisitor : public Visitor {
 public:
  void linear(const std::string& name, Linear& layer) override { found.push_back({name, &layer}); }

  std::vector<NamedLinear> found;
};

std::vector<std::string> paths_of(const std::vector<NamedLinear>& layers) {
  std::vector<std::string> paths;
  paths.reserve(layers.size());
  for (const NamedLinear& named : layers) paths.push_back(named.path);
  return paths;
}

bool holds(const std::vector<std::string>& paths, const std::string& path) {
  return std::ranges::find(paths, path) != paths.end();
}

void attach(Linear& layer, Index rank, double scale, const Options& options, Rng& rng) {
  const char* const kind = options.method == "full" ? "dense" : options.dora ? "dora" : "lora";
  const AdapterOptions adapter{rank, scale * static_cast<double>(rank), options.init.value_or(""),
                               options.dropout};
  layer.attach(find_entry(adapter_kinds(), "adapter", kind).make(adapter, layer.weight(), rng));
}

void train_biases(const BaseModel& base, const std::string& mode) {
  bool found = false;
  for (const auto& [path, layer] : linears_of(*base.model)) {
    const bool chosen = mode == "all" || layer->adapter() != nullptr;
    if (!chosen || layer->bias() == nullptr) continue;
    layer->bias()->set_trainable(true);
    found = true;
  }
  if (found) return;
  throw Error(ErrorKind::usage, "--bias ", mode, ": ", label_of(base),
              " has no bias that could be trained; leave --bias away");
}

LayerPlan plan_of(Index in, Index out, double bytes, const Options& options, Index rank) {
  LayerPlan plan{in, out, bytes};
  plan.dense = options.method == "full";
  plan.rank = plan.dense ? 0 : rank;
  plan.magnitude = options.dora;
  return plan;
}

}  // namespace

std::vector<NamedLinear> linears_of(Model& model) {
  LinearVisitor walk;
  model.visit(walk);
  return walk.found;
}

PeftConfig adapt(BaseModel& base, const Options& options, const std::optional<SavedAdapter>& start,
                 Rng& rng) {
  PeftConfig config;
  if (start) {
    start->adapter.attach_to(*base.model, options.dropout);
    config = start->adapter.config();
  } else {
    const std::vector<NamedLinear> layers = linears_of(*base.model);
    const std::vector<std::string> targets = targeted_layers(options, paths_of(layers));
    config = adapter_config(options, targets);
    for (const auto& [path, layer] : layers) {
      if (!holds(targets, path)) continue;
      attach(*layer, config.rank_of(path), config.scale_of(path), options, rng);
    }
  }
  config.base_model = base.name;
  const std::string bias = options.bias.value_or(config.bias);
  if (bias == "none") return config;  // those that came with an adapter still belong to it
  train_biases(base, bias);
  config.bias = bias;
  return config;
}

double LayerPlan::trained() const {
  const auto inputs = static_cast<double>(in);
  const auto outputs = static_cast<double>(out);
  return (dense ? inputs * outputs : static_cast<double>(rank) * (inputs + outputs)) +
         (bias ? outputs : 0) + (magnitude && rank > 0 ? outputs : 0);
}

std::vector<LayerPlan> planned_layers(Model& model, const Options& options,
                                      const std::optional<SavedAdapter>& start) {
  const std::vector<NamedLinear> layers = linears_of(model);
  const std::vector<std::string> targets =
      start ? start->adapter.layers() : targeted_layers(options, paths_of(layers));
  const PeftConfig config = start ? start->adapter.config() : adapter_config(options, targets);
  const std::string bias = options.bias.value_or(config.bias);
  std::vector<LayerPlan> plans;
  for (const auto& [path, layer] : layers) {
    const auto bytes = static_cast<double>(layer->weight().bytes().size());
    const bool adapted = holds(targets, path);
    LayerPlan plan = adapted ? plan_of(layer->in_features(), layer->out_features(), bytes, options,
                                       config.rank_of(path))
                             : LayerPlan{layer->in_features(), layer->out_features(), bytes};
    plan.magnitude = adapted && config.dora;
    plan.bias = layer->bias() != nullptr && (bias == "all" || (adapted && bias != "none"));
    plans.push_back(plan);
  }
  return plans;
}

LayerPlan planned_layer(Index in, Index out, const Options& options) {
  const double bytes = static_cast<double>(in) * static_cast<double>(out) * sizeof(Real);
  LayerPlan plan = plan_of(in, out, bytes, options, options.rank.value_or(0));
  plan.bias = options.bias && *options.bias != "none";
  return plan;
}

}  // namespace lora::cli
