#include "lora/report/json_lines.h"

#include <nlohmann/json.hpp>

namespace lora {

namespace {

using Json = nlohmann::ordered_json;

void add_figures(Json& object, const Figures& figures) {
  for (const NamedValue& figure : figures) object[figure.name] = figure.value;
}

/// Text from file names may be no UTF-8; such bytes are replaced.
std::string line_of(const Json& object) {
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

void JsonLines::write(const char* event, const Json& rest) {
  Json object = {{"event", event}};
  if (run_ > 0) object["run"] = run_;
  object.update(rest);
  write_(line_of(object));
}

void JsonLines::start(const Json& facts) {
  write("start", facts);
}

void JsonLines::on_step(const StepRecord& record) {
  if (every_ == 0 || record.step % every_ != 0) return;
  write("step",
        {{"step", record.step}, {"epoch", record.epoch}, {"loss", record.loss}, {"lr", record.lr}});
}

void JsonLines::on_epoch(const EpochRecord& record) {
  Json object = {
      {"epoch", record.epoch}, {"step", record.step}, {"loss", record.loss}, {"lr", record.lr}};
  add_figures(object, record.validation);
  object["seconds"] = record.seconds;
  write("epoch", object);
}

void JsonLines::end(const TrainResult& result, const Json& facts, int exit_code) {
  Json object = {{"epochs", result.epochs},
                 {"steps", result.steps},
                 {"kept_epoch", result.kept_epoch},
                 {"stopped_early", result.stopped_early},
                 {"loss", result.loss}};
  add_figures(object, result.validation);
  object.update(facts);
  end(object, exit_code);
}

void JsonLines::end(const Json& facts, int exit_code) {
  Json object = facts;
  object["exit_code"] = exit_code;
  write("end", object);
}

void JsonLines::failed(const std::string& message, int exit_code) {
  write("end", {{"error", message}, {"exit_code", exit_code}});
}

}  // namespace lora
