#include "train_command.h"

#include <chrono>
#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "announce.h"
#include "build.h"
#include "command_line.h"
#include "details.h"
#include "exit_code.h"
#include "inputs.h"
#include "interrupt.h"
#include "lora/artifact/peft_adapter.h"
#include "lora/core/error.h"
#include "lora/io/file_hash.h"
#include "lora/report/json_lines.h"
#include "lora/train/trainer.h"
#include "standard_output.h"
#include "terminal_reporter.h"
#include "version.h"

namespace lora::cli {

namespace {

/// Refuses, before anything is computed, outputs that would replace something by mistake.
void check_outputs(const Options& options) {
  if (options.save.empty()) return;
  if (std::filesystem::exists(options.save) && !std::filesystem::is_directory(options.save)) {
    throw Error(ErrorKind::usage, "--save ", options.save, ": is a file; a directory is needed");
  }
  const std::vector<std::string> outputs = peft_adapter_files(options.save);
  refuse_inputs("--save " + options.save, outputs, options);
  for (const std::string& output : outputs) {
    if (options.overwrite || !std::filesystem::exists(output)) continue;
    throw Error(ErrorKind::usage, "--save ", options.save, ": ", output,
                " is already there; --overwrite replaces it");
  }
}

/// Says on stderr what the figures were before the first step.
class FirstValidation : public Observer {
 public:
  void on_first_validation(const Figures& figures) override {
    spdlog::info("before    {}", as_text(figures));
  }
};

nlohmann::ordered_json inputs_as_json(const std::vector<InputRecord>& inputs) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const InputRecord& input : inputs) {
    list.push_back({{"option", input.option}, {"path", input.path}, {"hash", input.hash}});
  }
  return list;
}

nlohmann::ordered_json start_facts(Run& run, const std::vector<Setting>& settings,
                                   const std::vector<InputRecord>& inputs) {
  const Counts counts = counts_of(run.model());
  return {{"config", as_json(settings, kTrain)},
          {"trainable_parameters", counts.trainable},
          {"total_parameters", counts.total},
          {"rows", run.train_loader->rows()},
          {"val_rows", run.validation_loader ? run.validation_loader->rows() : 0},
          {"inputs", inputs_as_json(inputs)}};
}

RunRecord record_of(Run& run, const std::vector<Setting>& settings, const TrainResult& result,
                    const std::vector<InputRecord>& inputs) {
  const Counts counts = counts_of(run.model());
  RunRecord record;
  record.version = version_number();
  record.config = as_json(settings, kTrain);
  if (!run.base->name.empty()) record.config["base"] = run.base->name;
  record.task = run.task;
  record.feature_names = run.facts.feature_names;
  record.target_names = run.facts.target_names;
  record.class_names = run.class_names;
  record.scaling = run.scaling;
  record.base_seed = run.base->seed;
  record.trainable_parameters = counts.trainable;
  record.total_parameters = counts.total;
  record.epochs = result.epochs;
  record.steps = result.steps;
  record.kept_epoch = result.kept_epoch;
  record.loss = result.loss;
  record.validation = result.validation;
  record.inputs = inputs;
  return record;
}

/// The base's hash before and after: this program never changes it, and nobody else may have.
void check_base_unchanged(const std::vector<InputRecord>& inputs) {
  for (const InputRecord& input : inputs) {
    if (input.option != "base" || input.hash == hash_file(input.path).text) continue;
    throw Error(ErrorKind::input, input.path, ": was changed by another program during the run");
  }
}

/// The last evaluation, of the kept parameters, in detail.
Details detailed(Run& run) {
  Details details(run.task, run.model().out_features(),
                  run.task == Task::classification ? run.class_names : run.facts.target_names);
  Evaluator evaluator(*run.objective, {}, run.compute, run.group, details.accumulators());
  const Feed feed = *run.validation();
  Rng nobody(0);
  feed.loader.start_epoch(nobody);
  while (std::optional<Batch> batch = feed.loader.next()) {
    feed.cache.fill(*batch);
    evaluator.add(*batch);
  }
  for (const std::string& line : details.lines()) spdlog::info("{}", line);
  return details;
}

int finish(const TrainResult& result, Run& run, const Options& options,
           const std::vector<Setting>& settings, const std::vector<InputRecord>& inputs,
           nlohmann::ordered_json& facts) {
  if (result.interrupted) {
    spdlog::error("interrupted after step {}; nothing was kept", result.steps);
    return kInterrupted;
  }
  announce_end(result, options);
  if (run.validation_loader) facts = detailed(run).json();
  check_base_unchanged(inputs);
  if (!options.save.empty()) {
    save_peft_adapter(options.save, run.model(), run.adapter,
                      record_of(run, settings, result, inputs));
    spdlog::info("saved     {}", options.save);
  }
  announce_base(inputs);
  return kDone;
}

}  // namespace

int run_train(Options& options, const std::vector<Setting>& settings) {
  check_outputs(options);
  StandardOutput out;
  JsonLines json([&out](const std::string& line) { out.line(line); });
  TerminalReporter terminal(out);
  FirstValidation first;
  try {
    Run run(options);
    const std::vector<InputRecord> inputs = hashed_inputs(options, run.base->file);
    if (!options.save.empty()) prepare_peft_directory(options.save);
    announce_options(settings, kTrain);
    announce(run, options);
    const Counts counts = counts_of(run.model());
    if (options.json) {
      json.start(start_facts(run, settings, inputs));
    } else {
      out.line(fmt::format("Trainable parameters: {}", counts.trainable));
      out.line(fmt::format("Total parameters: {}", counts.total));
    }
    Observer* const lines = options.json ? static_cast<Observer*>(&json) : &terminal;
    Trainer trainer(
        {*options.epochs, options.max_steps.value_or(0), options.lr, options.eval_every,
         *options.keep_best == "none" ? "" : *options.keep_best, options.early_stop.value_or(0)},
        run.parts({&first, lines}, interrupted));
    catch_stop_signals();
    const auto start = std::chrono::steady_clock::now();
    const TrainResult result = trainer.run();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    announce_work(run, result, seconds.count());
    nlohmann::ordered_json facts = nlohmann::ordered_json::object();
    const int code = finish(result, run, options, settings, inputs, facts);
    if (options.json) json.end(result, facts, code);
    return code;
  } catch (const Error& error) {
    if (options.json && error.kind() != ErrorKind::usage) {
      json.failed(error.what(), exit_code_of(error.kind()));
    }
    throw;
  }
}

}  // namespace lora::cli
