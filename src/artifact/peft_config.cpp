#include "lora/artifact/peft_config.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include <nlohmann/json.hpp>

#include "json_object.h"
#include "lora/core/error.h"
#include "lora/core/regex.h"
#include "lora/core/text.h"

namespace lora {

namespace {

using Json = nlohmann::ordered_json;

/// A whole number is written without a point, as Python's int.
nlohmann::json number(double value) {
  const double whole = std::trunc(value);
  return whole == value && std::abs(value) < 1e15 ? nlohmann::json(static_cast<std::int64_t>(value))
                                                  : nlohmann::json(value);
}

/// A value as a sentence shows it.
std::string shown(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// The keys of a configuration, each with its default.
class Keys {
 public:
  Keys(const Json& object, const std::string& path) : object_(object), path_(path) {}

  std::string text(const std::string& key, const std::string& otherwise) const {
    const Json value = at(key);
    if (value.is_null()) return otherwise;
    if (!value.is_string()) refuse(key, "a text");
    return value.get<std::string>();
  }

  bool flag(const std::string& key) const {
    const Json value = at(key);
    if (value.is_null()) return false;
    if (!value.is_boolean()) refuse(key, "true or false");
    return value.get<bool>();
  }

  double positive(const Json& value, const std::string& key) const {
    if (!value.is_number() || !(value.get<double>() > 0)) refuse(key, "a number above 0");
    return value.get<double>();
  }

  Index rank(const Json& value, const std::string& key) const {
    if (!value.is_number_integer() || value.get<std::int64_t>() < 1) {
      refuse(key, "a whole number above 0");
    }
    return value.get<Index>();
  }

  Json at(const std::string& key) const { return object_.value(key, Json()); }

  Json object(const std::string& key) const {
    Json value = at(key);
    if (value.is_null()) return Json::object();
    if (!value.is_object()) refuse(key, "an object");
    return value;
  }

  [[noreturn]] void refuse(const std::string& key, const std::string& what) const {
    throw Error(ErrorKind::input, path_, ": '", key, "' must be ", what, ", but is ",
                shown(object_.value(key, Json())));
  }

 private:
  const Json& object_;
  const std::string& path_;
};

/// Some initialisations take out of the base what the adapter starts with: such an adapter belongs
/// to what is left of the base, and is wrong on the base itself.
void check_base_is_whole(const Keys& keys, const std::string& path) {
  const Json init = keys.at("init_lora_weights");
  if (!init.is_string()) return;
  const auto name = init.get<std::string>();
  for (const char* taken_out : {"pissa", "olora", "corda", "loftq", "lora_ga"}) {
    if (!name.starts_with(taken_out)) continue;
    throw Error(ErrorKind::input, path, ": 'init_lora_weights' is ", in_quotes(name),
                ", so the adapter belongs to a base that was changed; save it with PEFT's "
                "path_initial_model_for_weight_conversion, for the base as it was");
  }
}

// Keys that make another function of the adapter, or of the base, unless they are as here.
constexpr std::array kChangeNumbers = {"alora_invocation_tokens",
                                       "arrow_config",
                                       "kasa_config",
                                       "layer_replication",
                                       "lora_bias",
                                       "modules_to_save",
                                       "monteclora_config",
                                       "target_parameters",
                                       "trainable_token_indices",
                                       "use_bdlora",
                                       "use_qalora"};

// The other keys of PEFT 0.21, read or not: they matter while an adapter is trained or placed.
constexpr std::array kHarmless = {"alpha_pattern",
                                  "auto_mapping",
                                  "base_model_name_or_path",
                                  "bias",
                                  "corda_config",
                                  "ensure_weight_tying",
                                  "eva_config",
                                  "exclude_modules",
                                  "fan_in_fan_out",
                                  "inference_mode",
                                  "init_lora_weights",
                                  "layers_pattern",
                                  "layers_to_transform",
                                  "loftq_config",
                                  "lora_alpha",
                                  "lora_dropout",
                                  "lora_ga_config",
                                  "megatron_config",
                                  "megatron_core",
                                  "peft_type",
                                  "peft_version",
                                  "qalora_group_size",
                                  "r",
                                  "rank_pattern",
                                  "revision",
                                  "runtime_config",
                                  "target_modules",
                                  "task_type",
                                  "use_dora",
                                  "use_rslora",
                                  "velora_config"};

/// null, false, 0, "", [] and {}: as if the key were absent.
bool is_off(const Json& value) {
  return value.is_null() || value == false || value == 0 || value == "" ||
         ((value.is_array() || value.is_object()) && value.empty());
}

/// What would change the numbers and is not known here.
void check_supported(const Json& json, const Keys& keys, const std::string& path) {
  const std::string type = keys.text("peft_type", "");
  if (type != "LORA") {
    throw Error(ErrorKind::input, path, ": 'peft_type' is '", type, "', but only LORA is read");
  }
  for (const char* key : kChangeNumbers) {
    if (is_off(keys.at(key))) continue;
    throw Error(ErrorKind::input, path, ": '", key, "' is ", shown(json.at(key)),
                ", which changes what the adapter does in a way that is not known here");
  }
  check_base_is_whole(keys, path);
}

std::vector<std::string> unknown_keys(const Json& json) {
  std::vector<std::string> unknown;
  for (const auto& [key, value] : json.items()) {
    const auto is_key = [&key = key](const char* known) { return key == known; };
    if (std::ranges::any_of(kChangeNumbers, is_key)) continue;
    if (!std::ranges::any_of(kHarmless, is_key)) unknown.push_back(key);
  }
  return unknown;
}

/// A path as a regular expression for itself.
std::string as_regex(const std::string& path) {
  std::string text;
  for (const char c : path) {
    if (std::string_view("\\^$.|?*+()[]{}").find(c) != std::string_view::npos) text += '\\';
    text += c;
  }
  return text;
}

/// The key of a rank_pattern or alpha_pattern.
void check_pattern(const std::string& key, const std::string& path) {
  try {
    pattern_fits(key, "");
  } catch (const Error& error) {
    throw Error(ErrorKind::input, path, ": ", error.what());
  }
}

}  // namespace

bool pattern_fits(const std::string& key, const std::string& path) {
  return fits_regex(key, path) || fits_regex("(.*\\.)?(" + key + ")", path);
}

Index PeftConfig::rank_of(const std::string& path) const {
  for (const auto& [key, value] : rank_pattern) {
    if (pattern_fits(key, path)) return value;
  }
  return rank;
}

double PeftConfig::scale_of(const std::string& path) const {
  double own_alpha = alpha;
  for (const auto& [key, value] : alpha_pattern) {
    if (!pattern_fits(key, path)) continue;
    own_alpha = value;
    break;
  }
  const auto own_rank = static_cast<double>(rank_of(path));
  return own_alpha / (rslora ? std::sqrt(own_rank) : own_rank);
}

void PeftConfig::double_ranks() {
  const double factor = rslora ? std::sqrt(2.0) : 2.0;
  rank *= 2;
  alpha *= factor;
  for (auto& [key, own_rank] : rank_pattern) own_rank *= 2;
  for (auto& [key, own_alpha] : alpha_pattern) own_alpha *= factor;
}

void PeftConfig::set_ranks(const LayerRanks& ranks) {
  rslora = false;
  targets.clear();
  rank_pattern.clear();
  alpha_pattern.clear();
  rank = ranks.front().second;
  alpha = static_cast<double>(rank);
  for (const auto& [path, own_rank] : ranks) {
    targets.push_back(path);
    if (own_rank == rank) continue;
    // From the beginning: "0" is also the end of "block.0".
    rank_pattern.emplace_back("^" + as_regex(path), own_rank);
    alpha_pattern.emplace_back("^" + as_regex(path), static_cast<double>(own_rank));
  }
}

std::string peft_config_text(const PeftConfig& config) {
  const nlohmann::json null;
  nlohmann::json ranks = nlohmann::json::object();
  for (const auto& [key, value] : config.rank_pattern) ranks[key] = value;
  nlohmann::json alphas = nlohmann::json::object();
  for (const auto& [key, value] : config.alpha_pattern) alphas[key] = number(value);
  const nlohmann::json json = {
      {"alpha_pattern", alphas},
      {"auto_mapping", null},
      {"base_model_name_or_path",
       config.base_model.empty() ? null : nlohmann::json(config.base_model)},
      {"bias", config.bias},
      {"fan_in_fan_out", config.fan_in_fan_out},
      {"inference_mode", true},
      {"init_lora_weights", true},
      {"layers_pattern", null},
      {"layers_to_transform", null},
      {"lora_alpha", number(config.alpha)},
      {"lora_dropout", 0.0},
      {"modules_to_save", null},
      {"peft_type", "LORA"},
      {"r", config.rank},
      {"rank_pattern", ranks},
      {"revision", null},
      {"target_modules", config.targets},
      {"task_type", null},
      {"use_dora", config.dora},
      {"use_rslora", config.rslora},
  };
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

PeftConfig parse_peft_config(std::string_view text, const std::string& path) {
  const Json json = parse_json_object(text, path);
  const Keys keys(json, path);
  check_supported(json, keys, path);

  PeftConfig config;
  config.unknown_keys = unknown_keys(json);
  config.base_model = keys.text("base_model_name_or_path", "");
  if (const Json r = keys.at("r"); !r.is_null()) config.rank = keys.rank(r, "r");
  if (const Json alpha = keys.at("lora_alpha"); !alpha.is_null()) {
    config.alpha = keys.positive(alpha, "lora_alpha");
  }
  config.rslora = keys.flag("use_rslora");
  config.dora = keys.flag("use_dora");
  config.fan_in_fan_out = keys.flag("fan_in_fan_out");
  config.bias = keys.text("bias", "none");
  if (config.bias != "none" && config.bias != "all" && config.bias != "lora_only") {
    keys.refuse("bias", "none, all or lora_only");
  }
  const Json ranks = keys.object("rank_pattern");
  for (const auto& [key, value] : ranks.items()) {
    check_pattern(key, path);
    config.rank_pattern.emplace_back(key, keys.rank(value, "rank_pattern"));
  }
  const Json alphas = keys.object("alpha_pattern");
  for (const auto& [key, value] : alphas.items()) {
    check_pattern(key, path);
    config.alpha_pattern.emplace_back(key, keys.positive(value, "alpha_pattern"));
  }
  if (const Json targets = keys.at("target_modules"); targets.is_array()) {
    for (const Json& target : targets) {
      if (!target.is_string()) keys.refuse("target_modules", "a list of names");
      config.targets.push_back(target.get<std::string>());
    }
  }
  return config;
}

}  // namespace lora
