#include "base_model.h"

#include <filesystem>
#include <utility>

#include <spdlog/spdlog.h>

#include "lora/core/dtype.h"
#include "lora/core/error.h"
#include "lora/core/table.h"
#include "lora/io/array_file.h"
#include "lora/io/file_hash.h"
#include "lora/io/weight_file.h"
#include "lora/ops/frozen.h"

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

/// The base's path in the options that the adapter was trained with; may be empty.
std::string recorded_base(const RunRecord& record) {
  if (!record.config.is_object()) return "";
  const auto base = record.config.find("base");
  return base != record.config.end() && base->is_string() ? base->get<std::string>() : "";
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
  const Index outputs = base.head.out_features();
  const bool classes = record.task == Task::classification;
  const auto check = [&](const std::vector<std::string>& names, Index needed, const char* key) {
    const auto count = static_cast<Index>(names.size());
    if (count == 0 || count == needed) return;
    throw Error(ErrorKind::input, run_record_path(saved.adapter.directory()), ": '", key,
                "' holds ", count, " names, but ", needed, " are needed for ", label_of(base));
  };
  check(record.feature_names, base.head.in_features(), "feature_names");
  check(record.target_names, classes ? 1 : outputs, "target_names");
  check(record.class_names, classes ? outputs : 0, "class_names");
}

BaseModel drawn_again(const SavedAdapter& saved, std::int64_t seed) {
  const std::vector<std::string> layers = saved.adapter.layers();
  if (layers.size() != 1) {
    throw Error(ErrorKind::input, saved.adapter.tensors().path(), ": ", layers.size(),
                " layers, but a drawn base has one; which base does it belong to? (--base)");
  }
  Rng rng(static_cast<std::uint64_t>(seed));
  return draw_base(saved.adapter.in_features(layers.front()),
                   saved.adapter.out_features(layers.front()), seed, rng);
}

/// Without a look at whether the record fits it.
BaseModel unchecked_base_of(const SavedAdapter& saved, const Options& options) {
  const std::string file = base_file_of(saved, options);
  if (file.empty() && saved.record && saved.record->base_seed) {
    return drawn_again(saved, *saved.record->base_seed);
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
  BaseModel base = read_base(file, fan_in_fan_out);
  compare_with_record(base, saved);
  return base;
}

}  // namespace

BaseModel read_base(const std::string& file_and_tensor, bool fan_in_fan_out) {
  FrozenWeight weight =
      read_frozen_weight(file_and_tensor, fan_in_fan_out ? Layout::in_out : Layout::out_in);
  const std::string name = weight.tensor.empty() ? weight.file : weight.file + ":" + weight.tensor;
  check_finite(weight, name);
  const std::string dtype(name_of(weight.weight.dtype()));
  return {LinearHead(weight.path, Linear(std::move(weight.weight), std::move(weight.bias))),
          name,
          weight.file,
          dtype,
          weight.mapping,
          std::nullopt};
}

BaseModel draw_base(Index in, Index out, std::int64_t seed, Rng& rng) {
  return {LinearHead("linear", Linear::drawn(in, out, rng)), "", "", "float32", nullptr, seed};
}

std::string label_of(const BaseModel& base) {
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
  if (saved.record) return recorded_base(*saved.record);
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
