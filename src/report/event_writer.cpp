#include "lora/report/event_writer.h"

#include <chrono>
#include <utility>
#include <vector>

#include "lora/report/event_records.h"

namespace lora {

namespace {

double now() {
  using Seconds = std::chrono::duration<double>;
  return std::chrono::duration_cast<Seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// "val_loss" as a tag in the group of its kind.
std::string tag_of(const std::string& name) {
  return name.starts_with("val_") ? "val/" + name.substr(4) : "val/" + name;
}

}  // namespace

void EventWriter::start() {
  write_(framed_record(version_event(now())));
}

void EventWriter::on_first_validation(const Figures& validation) {
  write_validation(0, validation);
}

void EventWriter::on_step(const StepRecord& record) {
  if (record.step % every_ != 0) return;
  write_(framed_record(
      scalar_event(now(), record.step, {{"train/loss", record.loss}, {"train/lr", record.lr}})));
}

void EventWriter::on_epoch(const EpochRecord& record) {
  if (!record.validation.empty()) write_validation(record.step, record.validation);
}

void EventWriter::write_validation(Index step, const Figures& validation) {
  std::vector<std::pair<std::string, double>> scalars;
  for (const NamedValue& figure : validation) {
    scalars.emplace_back(tag_of(figure.name), figure.value);
  }
  write_(framed_record(scalar_event(now(), step, scalars)));
}

}  // namespace lora
