#include "base_model.h"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "lora/core/dtype.h"
#include "lora/core/error.h"
#include "lora/core/table.h"
#include "lora/core/text.h"
#include "lora/io/array_file.h"
#include "lora/io/file_hash.h"
#include "lora/io/weight_file.h"
#include "lora/io/weight_stack.h"
#include "lora/model/linear_head.h"
#include "lora/model/linear_stack.h"
#include "lora/nn/activation.h"
#include "lora/ops/frozen.h"
#include "memory_need.h"

namespace lora::cli {

namespace {

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

/// A text among the options that the adapter was trained with; empty if it is not there.
std::string recorded(const RunRecord& record, const char* option) {
  if (!record.config.is_object()) return "";
  const auto value = record.config.find(option);
  return value != record.config.end() && value->is_string() ? value->get<std::string>() : "";
}

/// Says if the base is another file than the one that the adapter was trained on.
void compare_with_record(const BaseModel& base, const SavedAdapter& saved) {
  if (!saved.record || base.file.empty()) return;
  for (const InputRecord& input : saved.record->inputs) {
    if (input.option != "base" || input.hash.empty()) continue;
    if (input.hash == hash_file(base.file).text) return;
    spdlog::warn("warning: {} is not the base that {} was trained on ({}): its hash is another",
                 label_of(base), saved.adapter.directory(), input.path);
  }
}

/// Refuses a record whose names are not as many as the layer's inputs and outputs.
void check_names(const BaseModel& base, const SavedAdapter& saved) {
  if (!saved.record) return;
  const RunRecord& record = *saved.record;
  const Index outputs = base.model->out_features();
  const bool classes = record.task == Task::classification;
  const auto check = [&](const std::vector<std::string>& names, Index needed, const char* key) {
    const auto count = static_cast<Index>(names.size());
    if (count == 0 || count == needed) return;
    throw Error(ErrorKind::input, run_record_path(saved.adapter.directory()), ": '", key,
                "' holds ", count, " names, but ", needed, " are needed for ", label_of(base));
  };
  check(record.feature_names, base.model->in_features(), "feature_names");
  check(record.target_names, classes ? 1 : outputs, "target_names");
  check(record.class_names, classes ? outputs : 0, "class_names");
}

/// The base of a record without a file: drawn again, or the identity.
BaseModel made_again(const SavedAdapter& saved) {
  const std::vector<std::string> layers = saved.adapter.layers();
  if (layers.size() != 1) {
    throw Error(ErrorKind::input, saved.adapter.tensors().path(), ": ", layers.size(),
                " layers, but ", saved.record->base_identity ? "the identity" : "a drawn base",
                " is one; which base does it belong to? (--base)");
  }
  const Index in = saved.adapter.in_features(layers.front());
  const Index out = saved.adapter.out_features(layers.front());
  // Its size is the product of two that an adapter's small file names.
  check_memory({{"frozen weight", static_cast<double>(in) * static_cast<double>(out) * sizeof(Real),
                 "a smaller base"}});
  if (saved.record->base_identity && in == out) return identity_base(in);
  if (saved.record->base_identity) {
    throw Error(ErrorKind::input, saved.adapter.tensors().path(), ": ", in, " inputs and ", out,
                " outputs, but ", run_record_path(saved.adapter.directory()),
                " says that its base is the identity, which has as many of both");
  }
  const std::int64_t seed = *saved.record->base_seed;
  Rng rng(static_cast<std::uint64_t>(seed));
  return draw_base(in, out, seed, rng);
}

/// Without a look at whether the record fits it.
BaseModel unchecked_base_of(const SavedAdapter& saved, const Options& options) {
  const std::string file = base_file_of(saved, options);
  if (file.empty() && saved.record && (saved.record->base_seed || saved.record->base_identity)) {
    return made_again(saved);
  }
  if (file.empty()) {
    throw Error(ErrorKind::usage, "--adapter ", saved.adapter.directory(), " needs --base: ",
                saved.record ? "its record names none, as after a demo"
                             : "nothing beside the adapter says which base it belongs to");
  }
  std::error_code hidden;
  if (options.base.empty() && !std::filesystem::exists(split_file_and_name(file).file, hidden) &&
      !hidden) {
    throw Error(ErrorKind::input, saved.adapter.directory(), ": belongs to the base ", file,
                ", which is not there from here; say where it is with --base");
  }
  const bool fan_in_fan_out = options.fan_in_fan_out || saved.adapter.config().fan_in_fan_out;
  const bool says_itself = !options.activation.empty() || !saved.record;
  BaseModel base =
      read_base(file, fan_in_fan_out,
                says_itself ? options.activation : recorded(*saved.record, "activation"));
  compare_with_record(base, saved);
  return base;
}

/// "net.safetensors:head.weight".
std::string name_of(const FrozenWeight& weight) {
  return weight.tensor.empty() ? weight.file : weight.file + ":" + weight.tensor;
}

/// "between 0 and 2, 2 and 5": where something without weights stood.
std::string gaps_text(const FrozenStack& stack) {
  std::vector<std::string> gaps;
  for (std::size_t i = 0; i < stack.gaps.size(); ++i) {
    if (!stack.gaps[i]) continue;
    gaps.push_back(stack.layers[i].path + " and " + stack.layers[i + 1].path);
  }
  return joined(gaps);
}

/// One for each gap, from a list of as many or of one.
std::vector<const ActivationKind*> activations_for(const FrozenStack& stack,
                                                   const std::string& file,
                                                   const std::string& given) {
  const auto gaps = static_cast<std::size_t>(std::ranges::count(stack.gaps, true));
  const std::string& list = given.empty() ? stack.activation : given;
  if (gaps > 0 && list.empty()) {
    throw Error(ErrorKind::usage, "--base ", file, ": which activation stands between ",
                gaps_text(stack),
                "? --activation says so; known are: ", joined(names_of(activation_kinds())));
  }
  const std::vector<std::string> names = split(list, ',');
  const std::string option = given.empty() ? file + ": metadata 'activation'" : "--activation";
  const bool fits = gaps > 0 ? names.size() == 1 || names.size() == gaps : given.empty();
  if (!fits) {
    throw Error(ErrorKind::usage, option, " ", list, ": ", file, " has ", gaps,
                gaps == 1 ? " gap" : " gaps", " between its layers where an activation stood",
                gaps > 0 ? " (" + gaps_text(stack) + "); give one name, or one for each" : "");
  }
  std::vector<const ActivationKind*> kinds;
  for (std::size_t i = 0; i < gaps; ++i) {
    kinds.push_back(
        &find_entry(activation_kinds(), option, names.size() == 1 ? names[0] : names[i]));
  }
  return kinds;
}

std::unique_ptr<Model> model_of(FrozenStack& stack, const std::string& file,
                                const std::string& activation) {
  const std::vector<const ActivationKind*> kinds = activations_for(stack, file, activation);
  auto kind = kinds.begin();
  std::vector<Stage> stages;
  stages.reserve(stack.layers.size());
  for (std::size_t i = 0; i < stack.layers.size(); ++i) {
    FrozenWeight& layer = stack.layers[i];
    Stage stage{layer.path, Linear(std::move(layer.weight), std::move(layer.bias))};
    if (i < stack.gaps.size() && stack.gaps[i]) {
      stage.activation.emplace(**kind++, stage.linear.out_features());
    }
    stages.push_back(std::move(stage));
  }
  try {
    return std::make_unique<LinearStack>(std::move(stages));
  } catch (const Error& error) {
    throw Error(error.kind(), file, ": ", error.what());
  }
}

BaseModel stack_base(FrozenStack stack, const std::string& file, const std::string& activation) {
  std::vector<std::string> types;
  for (const FrozenWeight& layer : stack.layers) {
    check_finite(layer, name_of(layer));
    const std::string type(name_of(layer.weight.dtype()));
    if (std::ranges::find(types, type) == types.end()) types.push_back(type);
  }
  std::shared_ptr<const MappedFile> mapping = stack.layers.front().mapping;
  return {model_of(stack, file, activation),
          file,
          stack.file,
          joined(types),
          std::move(mapping),
          std::nullopt};
}

}  // namespace

BaseModel read_base(const std::string& file_and_tensor, bool fan_in_fan_out,
                    const std::string& activation) {
  const Layout layout = fan_in_fan_out ? Layout::in_out : Layout::out_in;
  if (std::optional<FrozenStack> stack = read_frozen_stack(file_and_tensor, layout)) {
    return stack_base(std::move(*stack), file_and_tensor, activation);
  }
  FrozenWeight weight = read_frozen_weight(file_and_tensor, layout);
  const std::string name = name_of(weight);
  if (!activation.empty()) {
    throw Error(ErrorKind::usage, "--activation ", activation, ": ", name,
                " is one layer; activations stand between the layers of a stack");
  }
  check_finite(weight, name);
  const std::string dtype(name_of(weight.weight.dtype()));
  return {std::make_unique<LinearHead>(weight.path,
                                       Linear(std::move(weight.weight), std::move(weight.bias))),
          name,
          weight.file,
          dtype,
          weight.mapping,
          std::nullopt};
}

BaseModel draw_base(Index in, Index out, std::int64_t seed, Rng& rng) {
  return {std::make_unique<LinearHead>("linear", Linear::drawn(in, out, rng)),
          "",
          "",
          "float32",
          nullptr,
          seed};
}

BaseModel same_base(const BaseModel& base) {
  return {base.model->without_adapters(),
          base.name,
          base.file,
          base.dtype,
          base.mapping,
          base.seed,
          base.is_identity};
}

BaseModel identity_base(Index features) {
  BaseModel base{std::make_unique<LinearHead>(
                     "linear", Linear(FrozenMatrix(Matrix::Identity(features, features)), {})),
                 "",
                 "",
                 "float32",
                 nullptr,
                 std::nullopt};
  base.is_identity = true;
  return base;
}

std::string label_of(const BaseModel& base) {
  if (base.is_identity) return "the identity";
  return base.name.empty() ? "the drawn base" : base.name;
}

PeftAdapter open_adapter(const std::string& directory) {
  PeftAdapter adapter(directory);
  if (const auto& unknown = adapter.config().unknown_keys; !unknown.empty()) {
    spdlog::warn("warning: {}/adapter_config.json: passing over what is not known: {}", directory,
                 joined(unknown));
  }
  return adapter;
}

SavedAdapter::SavedAdapter(const std::string& directory)
    : adapter(open_adapter(directory)), record(read_run_record(directory)) {}

std::string base_file_of(const SavedAdapter& saved, const Options& options) {
  if (!options.base.empty()) return options.base;
  if (saved.record) return recorded(*saved.record, "base");
  // PEFT writes the name of a model here as well.
  const std::string& named = saved.adapter.config().base_model;
  return names_array_file(named) ? named : "";
}

BaseModel base_of(const SavedAdapter& saved, const Options& options) {
  BaseModel base = unchecked_base_of(saved, options);
  check_names(base, saved);
  return base;
}

}  // namespace lora::cli
