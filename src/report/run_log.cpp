#include "lora/report/run_log.h"

#include <cstddef>

#include "lora/core/json_depth.h"

namespace lora {

namespace {

using Json = nlohmann::ordered_json;

/// Takes the first line, with its end, off the text; empty if no whole line is left.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return {};
  const std::string_view line = text.substr(0, end + 1);
  text.remove_prefix(end + 1);
  return line;
}

/// Null if it is no object with an event.
Json event_of(std::string_view line) {
  if (!is_shallow_json(line)) return {};
  Json event = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  const bool good = event.is_object() && event.contains("event") && event["event"].is_string();
  return good ? event : Json();
}

/// Below 0 if there is no such number.
Index whole(const Json& event, const char* key) {
  const auto found = event.find(key);
  return found != event.end() && found->is_number_integer() ? found->get<Index>() : -1;
}

bool is_by(const Json& event, RunPosition position) {
  if (!event.is_object()) return false;
  const auto& name = event["event"].get_ref<const std::string&>();
  if (name == "start") return true;
  if (name != "step" && name != "epoch") return false;
  const Index number = whole(event, name.c_str());
  return number >= 0 && number <= (name == "step" ? position.steps : position.epochs);
}

/// Every number of an epoch but its place is a figure.
void add_epoch(const Json& event, LoggedRun& run) {
  const auto epoch = static_cast<double>(whole(event, "epoch"));
  for (const auto& [key, value] : event.items()) {
    if (!value.is_number()) continue;
    if (key == "seconds") {
      run.seconds += value.get<double>();
    } else if (key != "epoch" && key != "step" && key != "run") {
      run.history.add(key, epoch, value.get<double>());
    }
  }
}

}  // namespace

bool is_run_log(std::string_view text) {
  const Json event = event_of(take_line(text));
  return event.is_object() && event["event"] == "start";
}

std::string_view lines_until(std::string_view log, RunPosition position) {
  std::string_view rest = log;
  std::size_t kept = 0;
  while (is_by(event_of(take_line(rest)), position)) kept = log.size() - rest.size();
  return log.substr(0, kept);
}

LoggedRun read_run_log(std::string_view log) {
  LoggedRun run;
  for (std::string_view line = take_line(log); !line.empty(); line = take_line(log)) {
    const Json event = event_of(line);
    if (!event.is_object()) continue;
    const auto& name = event["event"].get_ref<const std::string&>();
    if (name == "start") run.start = event;
    if (name == "end") run.end = event;
    if (name == "epoch") add_epoch(event, run);
  }
  return run;
}

}  // namespace lora
