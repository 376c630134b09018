// A run as JSON, one object a line.
#pragma once

#include <functional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "lora/train/observer.h"
#include "lora/train/trainer.h"

namespace lora {

/// Each object has `event`: start, step, epoch, end. Numbers carry all their digits; what is not
/// finite is null, so that every line is strict JSON.
class JsonLines : public Observer {
 public:
  /// `write` gets a line without its end.
  explicit JsonLines(std::function<void(const std::string&)> write) : write_(std::move(write)) {}

  /// From now on each object has `run`, its number among several; until end_runs().
  void begin_run(Index run) { run_ = run; }
  void end_runs() { run_ = 0; }

  /// Steps are reported every so many; 0: never.
  void report_steps(Index every) { every_ = every; }

  /// `facts` are the fields of the start event.
  void start(const nlohmann::ordered_json& facts);
  void on_step(const StepRecord& record) override;
  void on_epoch(const EpochRecord& record) override;
  /// `facts` are further fields.
  void end(const TrainResult& result, const nlohmann::ordered_json& facts, int exit_code);
  /// The end of a command that trains nothing.
  void end(const nlohmann::ordered_json& facts, int exit_code);
  /// The end of a run that failed.
  void failed(const std::string& message, int exit_code);

 private:
  /// The object without `event` and `run`, which come first.
  void write(const char* event, const nlohmann::ordered_json& rest);

  std::function<void(const std::string&)> write_;
  Index every_ = 0;
  Index run_ = 0;  // 0: the only one
};

}  // namespace lora
