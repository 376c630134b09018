#include "lora/artifact/run_record.h"

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <set>
#include <string_view>

#include "lora/core/error.h"
#include "lora/core/json_depth.h"
#include "lora/io/mapped_file.h"

namespace lora {

namespace {

using Json = nlohmann::ordered_json;

Json names_or_null(const std::vector<std::string>& names) {
  return names.empty() ? Json() : Json(names);
}

Json json_of(const FeatureScaling& scaling) {
  return {{"mean", scaling.mean}, {"deviation", scaling.deviation}};
}

Json json_of(const std::vector<InputRecord>& inputs) {
  Json list = Json::array();
  for (const InputRecord& input : inputs) {
    list.push_back({{"option", input.option},
                    {"path", input.path},
                    {"hash", input.hash.empty() ? Json() : Json(input.hash)}});
  }
  return list;
}

/// One field after another of a JSON object that should be as this program writes it.
class Fields {
 public:
  Fields(const Json& object, const std::string& path) : object_(object), path_(path) {}

  template <class Value>
  Value get(const std::string& key) const {
    if (!object_.contains(key)) throw Error(ErrorKind::input, path_, ": no key '", key, "'");
    try {
      return object_.at(key).get<Value>();
    } catch (const Json::exception&) {
      throw Error(ErrorKind::input, path_, ": '", key,
                  "' is not of the type that lora-train writes");
    }
  }

  /// nlohmann's get would cut a fraction off.
  std::int64_t whole(const std::string& key) const {
    if (!get<Json>(key).is_number_integer()) {
      throw Error(ErrorKind::input, path_, ": '", key, "' is no whole number");
    }
    return get<std::int64_t>(key);
  }

  /// An empty list for null.
  template <class Value>
  std::vector<Value> list(const std::string& key) const {
    const auto value = get<Json>(key);
    return value.is_null() ? std::vector<Value>() : get<std::vector<Value>>(key);
  }

  std::vector<std::string> names(const std::string& key) const {
    std::vector<std::string> names = list<std::string>(key);
    const std::set<std::string> different(names.begin(), names.end());
    if (different.size() == names.size()) return names;
    throw Error(ErrorKind::input, path_, ": '", key, "' holds a name twice");
  }

 private:
  const Json& object_;
  const std::string& path_;
};

Task task_of(const std::string& name, const std::string& path) {
  for (const NamedTask& known : kTasks) {
    if (name == known.name) return known.task;
  }
  throw Error(ErrorKind::input, path, ": task '", name, "' is not known here");
}

FeatureScaling scaling_of(const Json& object, const std::string& path) {
  const Fields fields(object, path);
  FeatureScaling scaling{fields.list<double>("mean"), fields.list<double>("deviation")};
  const auto is_good = [](double value) { return std::isfinite(value) && value >= 0; };
  bool good = scaling.mean.size() == scaling.deviation.size() && !scaling.mean.empty();
  for (const double mean : scaling.mean) good = good && std::isfinite(mean);
  for (const double deviation : scaling.deviation) good = good && is_good(deviation);
  if (!good) {
    throw Error(ErrorKind::input, path,
                ": 'feature_scaling' needs as many finite means as deviations of at least 0");
  }
  return scaling;
}

std::vector<InputRecord> inputs_of(const Json& list, const std::string& path) {
  std::vector<InputRecord> inputs;
  for (const Json& item : list) {
    const Fields fields(item, path);
    const auto hash = fields.get<Json>("hash");
    inputs.push_back({fields.get<std::string>("option"), fields.get<std::string>("path"),
                      hash.is_null() ? "" : fields.get<std::string>("hash")});
  }
  return inputs;
}

/// What was not finite is null there.
void take_metrics(const Json& metrics, const std::string& path, RunRecord& record) {
  if (!metrics.is_object()) {
    throw Error(ErrorKind::input, path, ": 'metrics' is not of the type that lora-train writes");
  }
  for (const auto& [name, value] : metrics.items()) {
    if (!value.is_number() && !value.is_null()) {
      throw Error(ErrorKind::input, path, ": the metric '", name, "' is no number");
    }
    const double number =
        value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
    if (name == "loss") {
      record.loss = number;
    } else {
      record.validation.push_back({name, name, number, false, false});
    }
  }
}

Json parse(const std::string& path) {
  const MappedFile file(path);
  const std::string_view text(reinterpret_cast<const char*>(file.bytes().data()),
                              file.bytes().size());
  Json json;
  if (is_shallow_json(text)) json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object())
    throw Error(ErrorKind::input, path, ": is not a JSON object, or nests too deep");
  return json;
}

}  // namespace

std::string run_record_text(const RunRecord& record) {
  Json metrics = {{"loss", record.loss}};
  for (const NamedValue& figure : record.validation) metrics[figure.name] = figure.value;
  const Json json = {
      {"version", record.version},
      {"config", record.config},
      {"task", name_of(record.task)},
      {"feature_names", names_or_null(record.feature_names)},
      {"target_names", names_or_null(record.target_names)},
      {"class_names", names_or_null(record.class_names)},
      {"feature_scaling", record.scaling ? json_of(*record.scaling) : Json()},
      {"base_seed", record.base_seed ? Json(*record.base_seed) : Json()},
      {"base_identity", record.base_identity},
      {"trainable_parameters", record.trainable_parameters},
      {"total_parameters", record.total_parameters},
      {"epochs", record.epochs},
      {"steps", record.steps},
      {"kept_epoch", record.kept_epoch},
      {"metrics", metrics},
      {"inputs", json_of(record.inputs)},
  };
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string run_record_path(const std::string& directory) {
  return (std::filesystem::path(directory) / "lora_train.json").string();
}

std::optional<RunRecord> read_run_record(const std::string& directory) {
  const std::string path = run_record_path(directory);
  std::error_code unreadable;  // the adapter's other files say it better
  if (!std::filesystem::exists(path, unreadable)) return std::nullopt;
  const Json json = parse(path);
  const Fields fields(json, path);
  RunRecord record;
  record.version = fields.get<std::string>("version");
  record.config = fields.get<Json>("config");
  record.task = task_of(fields.get<std::string>("task"), path);
  record.feature_names = fields.names("feature_names");
  record.target_names = fields.names("target_names");
  record.class_names = fields.names("class_names");
  const auto scaling = fields.get<Json>("feature_scaling");
  if (!scaling.is_null()) record.scaling = scaling_of(scaling, path);
  const auto seed = fields.get<Json>("base_seed");
  if (!seed.is_null()) record.base_seed = fields.whole("base_seed");
  // Not in records from before there were pairs.
  record.base_identity = json.contains("base_identity") && fields.get<bool>("base_identity");
  record.trainable_parameters = fields.whole("trainable_parameters");
  record.total_parameters = fields.whole("total_parameters");
  record.epochs = fields.whole("epochs");
  record.steps = fields.whole("steps");
  record.kept_epoch = fields.whole("kept_epoch");
  take_metrics(fields.get<Json>("metrics"), path, record);
  record.inputs = inputs_of(fields.get<Json>("inputs"), path);
  return record;
}

}  // namespace lora
