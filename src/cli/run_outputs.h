// The files in which a run is shown.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "build.h"
#include "html_report.h"
#include "lora/io/append_file.h"
#include "lora/report/event_writer.h"
#include "lora/report/history.h"
#include "lora/report/json_lines.h"
#include "lora/report/run_log.h"
#include "lora/report/svg_plot.h"
#include "lora/train/observer.h"
#include "lora/train/trainer.h"
#include "options.h"
#include "setting.h"

namespace lora::cli {

/// Refuses files that would replace something by mistake, before anything is computed.
void check_run_outputs(const Options& options);

/// --log and --tensorboard, which grow with the run; --plot and --report, written at its end.
class RunOutputs {
 public:
  /// Begins the files that grow. `facts` are those of the start event; `from` is where the run goes
  /// on, if it does. Throws Error(output) also for what could not be written at the end.
  RunOutputs(const Options& options, nlohmann::ordered_json facts, std::optional<RunPosition> from);

  /// Its observers know where it is.
  RunOutputs(const RunOutputs&) = delete;
  RunOutputs& operator=(const RunOutputs&) = delete;
  RunOutputs(RunOutputs&&) = delete;
  RunOutputs& operator=(RunOutputs&&) = delete;
  ~RunOutputs() = default;

  /// Who follows the run.
  std::vector<Observer*> observers();

  /// `facts` are those of the end event.
  void end(Run& run, const std::vector<Setting>& settings, const TrainResult& result,
           const nlohmann::ordered_json& facts, int exit_code);

  /// The same, of what was done when a signal ended the run; `message` says so.
  void interrupted(Run& run, const std::vector<Setting>& settings, const TrainResult& result,
                   const nlohmann::ordered_json& facts, const std::string& message, int exit_code);

  /// Says why the run did not come to its end, where that can still be said.
  void failed(const std::string& message, int exit_code);

 private:
  void begin_log(std::optional<RunPosition> from);
  void begin_events(std::optional<RunPosition> from);
  Plot plot() const;
  void draw(const Plot& drawn) const;
  void report(Run& run, const std::vector<Setting>& settings, const ReportFacts& facts) const;
  void flush();

  const Options* options_;
  nlohmann::ordered_json start_facts_;
  std::optional<AppendFile> log_file_;
  std::optional<JsonLines> log_;
  std::optional<AppendFile> event_file_;
  std::optional<EventWriter> events_;
  History history_;
};

}  // namespace lora::cli
