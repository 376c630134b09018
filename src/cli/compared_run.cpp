#include "compared_run.h"

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <initializer_list>

#include "lora/artifact/run_record.h"
#include "lora/core/error.h"
#include "lora/io/mapped_file.h"
#include "lora/loss/metric.h"
#include "lora/report/run_log.h"

namespace lora::cli {

namespace {

using Json = nlohmann::ordered_json;

NamedValue named(const std::string& name, double value) {
  return {name, name, value, higher_is_better(name), false};
}

ComparedRun saved_run(const std::string& path) {
  const std::optional<RunRecord> record = read_run_record(path);
  if (!record) {
    throw Error(ErrorKind::input, path,
                ": has no lora_train.json, so that nothing is known of its run");
  }
  ComparedRun run{path, record->config, Json::object(), {}, {}, {}};
  run.facts = {{"trainable_parameters", record->trainable_parameters},
               {"total_parameters", record->total_parameters},
               {"epochs", record->epochs},
               {"steps", record->steps},
               {"kept_epoch", record->kept_epoch}};
  run.kept.push_back(named("loss", record->loss));
  for (const NamedValue& figure : record->validation) {
    run.kept.push_back(named(figure.name, figure.value));
  }
  return run;
}

/// Copies those of the keys that the object has.
void copy_facts(const Json& from, std::initializer_list<const char*> keys, Json& to) {
  for (const char* key : keys) {
    if (from.contains(key)) to[key] = from[key];
  }
}

ComparedRun logged_run(const std::string& path) {
  const MappedFile file(path);
  if (!is_run_log(file.text())) {
    throw Error(ErrorKind::input, path, ": is neither the --log of a run nor a --save directory");
  }
  LoggedRun log = read_run_log(file.text());
  ComparedRun run{path, log.start.value("config", Json::object()), Json::object(), {}, {}, {}};
  copy_facts(log.start, {"trainable_parameters", "total_parameters"}, run.facts);
  for (const Curve& curve : log.history.curves()) {
    if (curve.name != "lr") run.last.push_back(named(curve.name, curve.values.back()));
  }
  if (log.end) {
    copy_facts(*log.end, {"epochs", "steps", "kept_epoch", "seconds", "exit_code", "error"},
               run.facts);
    for (const NamedValue& figure : run.last) {
      const auto found = log.end->find(figure.name);
      if (found == log.end->end() || !found->is_number()) continue;
      run.kept.push_back(named(figure.name, found->get<double>()));
    }
  }
  if (const Curve* loss = log.history.find("loss");
      loss != nullptr && !run.facts.contains("epochs")) {
    run.facts["epochs"] = static_cast<Index>(loss->epochs.back());
  }
  run.history = std::move(log.history);
  return run;
}

}  // namespace

ComparedRun read_compared_run(const std::string& path) {
  std::error_code hidden;
  return std::filesystem::is_directory(path, hidden) ? saved_run(path) : logged_run(path);
}

bool higher_is_better(const std::string& figure) {
  for (const MetricKind& kind : metric_kinds()) {
    if (figure == "val_" + std::string(kind.name)) return kind.higher_is_better;
  }
  return false;
}

std::optional<BestValue> best_of(const Curve& curve) {
  std::optional<BestValue> best;
  for (std::size_t i = 0; i < curve.values.size(); ++i) {
    const double value = curve.values[i];
    if (std::isnan(value)) continue;
    const bool better =
        !best || (higher_is_better(curve.name) ? value > best->value : value < best->value);
    if (better) best = {value, curve.epochs[i]};
  }
  return best;
}

}  // namespace lora::cli
