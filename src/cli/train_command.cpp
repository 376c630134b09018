#include "train_command.h"

#include <filesystem>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "announce.h"
#include "build.h"
#include "checkpointing.h"
#include "exit_code.h"
#include "inputs.h"
#include "live_line.h"
#include "lora/artifact/peft_writer.h"
#include "lora/core/error.h"
#include "lora/report/json_lines.h"
#include "one_run.h"
#include "processes.h"
#include "profiling.h"
#include "progress.h"
#include "run_outputs.h"
#include "several_runs.h"
#include "standard_output.h"
#include "terminal_reporter.h"

namespace lora::cli {

namespace {

std::string interruption(const TrainResult& result, const Options& options) {
  const std::string step = fmt::format("interrupted after step {}; ", result.steps);
  if (options.checkpoint.empty()) return step + "nothing was kept";
  return step + options.checkpoint +
         " holds a checkpoint: the same command with --resume goes on from there";
}

void report_start(Run& run, const Options& options, const nlohmann::ordered_json& facts,
                  StandardOutput& out, JsonLines& json) {
  if (options.json) {
    json.start(facts);
    json.report_steps(options.log_every.value_or(0));
    return;
  }
  const Counts counts = counts_of(run.model());
  out.line(fmt::format("Trainable parameters: {}", counts.trainable));
  out.line(fmt::format("Total parameters: {}", counts.total));
}

bool shows_progress(const Options& options) {
  if (options.progress != "auto") return options.progress == "on";
  return !options.quiet && terminal_takes_live_line();
}

/// Of the whole run, whichever of --epochs and --max-steps decides.
Index epochs_of(const Run& run, const Options& options) {
  return (run.total_steps(options) - 1) / run.steps_per_epoch(options) + 1;
}

/// What one run of training has been given, or makes, before its first step.
struct Start {
  Options& options;
  const std::vector<Setting>& settings;
  StandardOutput& out;
  JsonLines& json;
  Profiling& profiling;
  Run& run;
  const std::vector<InputRecord>& inputs;
  const InputWatch& watch;
  Checkpointing* checkpointing;
};

int train_to_end(const Start& start, RunOutputs& outputs) {
  const auto& [options, settings, out, json, profiling, run, inputs, watch, checkpointing] = start;
  TerminalReporter terminal(out);
  std::optional<Progress> progress;
  if (shows_progress(options)) progress.emplace(run.total_steps(options), epochs_of(run, options));
  std::vector<Observer*> observers = outputs.observers();
  observers.push_back(options.json ? static_cast<Observer*>(&json) : &terminal);
  if (progress) observers.push_back(&*progress);
  const auto [result, seconds] = train_run(
      run, options, {options.json ? 0 : options.log_every.value_or(0)}, observers, checkpointing);
  progress.reset();
  if (result.interrupted) {
    const std::string message = interruption(result, options);
    spdlog::error(message);
    outputs.interrupted(run, settings, result, end_facts(run, seconds), message, kInterrupted);
    if (options.json) json.failed(message, kInterrupted);
    return kInterrupted;
  }
  nlohmann::ordered_json facts = end_facts(run, seconds);
  announce_end(result, options);
  keep_run(run, result, options, settings, inputs, watch, facts);
  const int code = judge(all_figures(result), options, facts);
  announce_base(inputs);
  profiling.report(run.compute.threads, facts);
  outputs.end(run, settings, result, facts, code);
  if (options.json) json.end(result, facts, code);
  return code;
}

int train(Options& options, const std::vector<Setting>& settings, StandardOutput& out,
          JsonLines& json) {
  Profiling profiling(options.profile);
  const Compute timing{.profile = profiling.profile()};
  std::optional<Timed> reading(std::in_place, timing, Phase::reading);
  InputWatch watch(options);
  RunInputs read(options, profiling.profile());
  reading.reset();
  Run run(options, read);
  check_save(with_base(options, run.base->file));
  check_run_outputs(with_base(options, run.base->file));
  reading.emplace(timing, Phase::reading);
  std::vector<InputRecord> inputs;
  if (processes().is_first()) inputs = hashed_inputs(options, run.base->file);
  watch.check_read();
  watch.add_base(run.base->file);
  watch.watch_only(used_in_place(run));
  reading.reset();
  std::optional<Checkpointing> checkpointing;
  if (!options.checkpoint.empty()) checkpointing.emplace(options, settings, inputs, watch);
  const auto lock = locked_output(options);
  const auto from = checkpointing ? checkpointing->start() : std::nullopt;
  nlohmann::ordered_json facts = start_facts(run, settings, inputs);
  if (from) facts["resumed_step"] = from->steps;
  RunOutputs outputs(options, facts, from);
  announce_options(settings, kTrain);
  announce(run, options);
  report_start(run, options, facts, out, json);
  try {
    return train_to_end({options, settings, out, json, profiling, run, inputs, watch,
                         checkpointing ? &*checkpointing : nullptr},
                        outputs);
  } catch (const Error& error) {
    outputs.failed(error.what(), exit_code_of(error.kind()));
    throw;
  }
}

}  // namespace

void check_save(const Options& options) {
  if (options.save.empty()) return;
  std::error_code hidden;
  if (std::filesystem::exists(options.save, hidden) &&
      !std::filesystem::is_directory(options.save, hidden)) {
    throw Error(ErrorKind::usage, "--save ", options.save, ": is a file; a directory is needed");
  }
  check_outputs("--save " + options.save, peft_adapter_files(options.save), options,
                options.overwrite || options.resume);
}

int run_train(Options& options, const std::vector<Setting>& settings) {
  check_save(options);
  check_run_outputs(options);
  StandardOutput out;
  JsonLines json = json_on(out);
  if (options.of_several_runs()) return run_several(options, out, json);
  return train(options, settings, out, json);
}

}  // namespace lora::cli
