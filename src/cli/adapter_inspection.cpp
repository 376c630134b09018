#include "adapter_inspection.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "base_model.h"
#include "columns.h"
#include "lora/artifact/adapter_report.h"
#include "lora/artifact/run_record.h"
#include "lora/core/error.h"
#include "lora/core/table.h"
#include "lora/core/task.h"
#include "lora/io/array_file.h"
#include "lora/nn/visitor.h"
#include "lora/ops/frozen.h"

namespace lora::cli {

namespace {

using Json = nlohmann::ordered_json;
using Cells = std::vector<std::vector<std::string>>;

/// ‖W‖ of one layer of a model.
class WeightNorm : public Visitor {
 public:
  WeightNorm(Model& model, const std::string& path) : name_(join_path(path, "weight")) {
    model.visit(*this);
  }
  void frozen(const std::string& name, const FrozenMatrix& weight) override {
    if (name == name_) norm = norm_of(weight);
  }

  std::optional<double> norm;

 private:
  std::string name_;
};

void add_record(const RunRecord& record, Inspection& result) {
  result.lines.push_back(fmt::format("trained   {} epochs, {} steps; kept is epoch {}{}",
                                     record.epochs, record.steps, record.kept_epoch,
                                     record.fold ? fmt::format(" of fold {}", *record.fold) : ""));
  result.lines.push_back("task      " + name_of(record.task));
  if (!record.target_names.empty()) {
    result.lines.push_back("targets   " + joined(record.target_names));
  }
  if (!record.class_names.empty()) {
    result.lines.push_back("classes   " + joined(record.class_names));
  }
  result.lines.push_back(std::string("features  ") +
                         (record.scaling ? "standardised" : "as they are"));
  result.facts["record"] = Json::parse(run_record_text(record));
}

/// ‖W‖ of an adapter's layer, as far as its base is here.
std::optional<double> base_norm(const SavedAdapter& saved, const Options& options,
                                const std::string& path) {
  const PeftAdapter& adapter = saved.adapter;
  const Index size = adapter.in_features(path) * adapter.out_features(path);
  const std::string file = base_file_of(saved, options);
  if (!file.empty()) {
    const bool is_here = std::filesystem::exists(split_file_and_name(file).file);
    return is_here || !options.base.empty() ? weight_norm(file, path, size) : std::nullopt;
  }
  if (!saved.record || (!saved.record->base_seed && !saved.record->base_identity)) {
    return std::nullopt;
  }
  return WeightNorm(*base_of(saved, options).model, path).norm;
}

/// What the adapter makes of each layer.
void add_layers(const SavedAdapter& saved, const Options& options, Inspection& result) {
  Cells cells = {{"layer", "rank", "scale", "|dW|", "|dW|/|W|", "effective rank"}};
  Json layers = Json::array();
  for (const AdapterLayerReport& layer : report_on(saved.adapter)) {
    const std::optional<double> norm = base_norm(saved, options, layer.path);
    cells.push_back({layer.path, std::to_string(layer.rank), fmt::format("{:g}", layer.scale),
                     fmt::format("{:.4g}", layer.norm),
                     norm                   ? fmt::format("{:.4g}", layer.norm / *norm)
                     : options.base.empty() ? "base not here"
                                            : "no such layer",
                     fmt::format("{:.2f}", layer.effective_rank)});
    layers.push_back({{"path", layer.path},
                      {"rank", layer.rank},
                      {"scale", layer.scale},
                      {"norm", layer.norm},
                      {"share_of_base", norm ? Json(layer.norm / *norm) : Json()},
                      {"effective_rank", layer.effective_rank}});
  }
  for (std::string& line : aligned(cells, /*left=*/true)) result.lines.push_back(std::move(line));
  if (saved.adapter.config().dora) {
    result.lines.emplace_back("dW is scale·B·A, without what DoRA's magnitudes make of it");
  }
  result.facts["layers"] = layers;
}

}  // namespace

Inspection inspect_adapter(const std::string& path, const Options& options) {
  const SavedAdapter saved(path);
  const PeftConfig& config = saved.adapter.config();
  Inspection result;
  result.lines.push_back(fmt::format("{}: {} adapter of rank {}, alpha {}{}, bias {}, for {}", path,
                                     config.dora ? "DoRA" : "LoRA", config.rank, config.alpha,
                                     config.rslora ? " (rsLoRA)" : "", config.bias,
                                     saved.record && saved.record->base_identity ? "the identity"
                                     : config.base_model.empty() ? "a base without a name"
                                                                 : config.base_model));
  result.facts = {{"path", path},          {"kind", "adapter"},        {"rank", config.rank},
                  {"alpha", config.alpha}, {"rslora", config.rslora},  {"dora", config.dora},
                  {"bias", config.bias},   {"base", config.base_model}};
  add_layers(saved, options, result);
  add_arrays(ArrayFile(saved.adapter.tensors().path()), result);
  if (saved.record) add_record(*saved.record, result);
  return result;
}

Inspection inspect_checkpoints(const CheckpointDirectory& directory) {
  Inspection result;
  Json checkpoints = Json::array();
  std::optional<Checkpoint> newest;
  for (const std::int64_t step : directory.steps()) {
    try {
      newest.emplace(directory.path(), step);
      const std::int64_t epochs = newest->state().value("epochs", std::int64_t{0});
      result.lines.push_back(fmt::format("step {}, after {} whole epochs", step, epochs));
      checkpoints.push_back({{"step", step}, {"epochs", epochs}, {"whole", true}});
    } catch (const Error& error) {
      result.lines.push_back(fmt::format("step {}: {}", step, error.what()));
      checkpoints.push_back({{"step", step}, {"whole", false}, {"fault", error.what()}});
    }
  }
  result.lines.insert(result.lines.begin(),
                      directory.path() + ": " + plural(checkpoints.size(), "checkpoint"));
  result.facts = {
      {"path", directory.path()}, {"kind", "checkpoints"}, {"checkpoints", checkpoints}};
  if (newest) {
    result.facts["facts"] = newest->facts();
    add_arrays(ArrayFile(newest->tensor_file()), result);
  }
  return result;
}

}  // namespace lora::cli
