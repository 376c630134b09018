#include "train_command.h"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "adaptation.h"
#include "announce.h"
#include "build.h"
#include "checkpointing.h"
#include "command_line.h"
#include "details.h"
#include "exit_code.h"
#include "inputs.h"
#include "interrupt.h"
#include "lora/artifact/peft_writer.h"
#include "lora/core/error.h"
#include "lora/io/file_hash.h"
#include "lora/report/json_lines.h"
#include "lora/train/trainer.h"
#include "requirement.h"
#include "standard_output.h"
#include "terminal_reporter.h"
#include "version.h"

namespace lora::cli {

namespace {

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
          {run.task == Task::retrieval ? "pairs" : "rows", run.train_loader->rows()},
          {run.task == Task::retrieval ? "val_pairs" : "val_rows",
           run.validation_loader ? run.validation_loader->rows() : 0},
          {"inputs", inputs_as_json(inputs)}};
}

RunRecord record_of(Run& run, const std::vector<Setting>& settings, const TrainResult& result,
                    const std::vector<InputRecord>& inputs) {
  const Counts counts = counts_of(run.model());
  RunRecord record;
  record.version = version_number();
  record.config = as_json(settings, kTrain);
  for (const char* how : {"resume", "allow-changed", "overwrite"}) record.config.erase(how);
  if (!run.base->name.empty()) record.config["base"] = run.base->name;
  record.task = run.task;
  record.feature_names = run.facts.feature_names;
  record.target_names = run.facts.target_names;
  record.class_names = run.class_names;
  record.scaling = run.scaling;
  record.base_seed = run.base->seed;
  record.base_identity = run.base->is_identity;
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

/// ΔW·v of each adapted layer for a v whose elements differ: if ΔW changes, so does this, and it
/// needs little memory.
std::vector<double> probe_of(Run& run) {
  constexpr Index kRows = 256;
  std::vector<double> probe;
  for (const auto& [path, layer] : linears_of(run.model())) {
    if (layer->adapter() == nullptr) continue;
    const Eigen::VectorXd v =
        Eigen::VectorXd::LinSpaced(layer->in_features(), 1, 2).array().sin().matrix();
    for (Index first = 0; first < layer->out_features(); first += kRows) {
      const Index count = std::min(kRows, layer->out_features() - first);
      const Eigen::VectorXd part = layer->adapter()->delta(layer->weight(), first, count) * v;
      probe.insert(probe.end(), part.begin(), part.end());
    }
  }
  return probe;
}

/// Nothing is learned if the adapter ends as it began although there was something to learn.
void check_learned(Run& run, const std::vector<double>& probe_before, const TrainResult& result) {
  const bool could_learn = result.highest_lr > 0 && result.loss > 0;
  if (!could_learn || probe_of(run) != probe_before) return;
  throw Error(ErrorKind::training, "nothing was learned in ", result.steps,
              " steps: the adapter adds the same to the weight as before; is the learning rate too "
              "small?");
}

std::string interruption(const TrainResult& result, const Options& options) {
  const std::string step = fmt::format("interrupted after step {}; ", result.steps);
  if (options.checkpoint.empty()) return step + "nothing was kept";
  return step + options.checkpoint +
         " holds a checkpoint: the same command with --resume goes on from there";
}

/// What --require is about: the training loss and the validation figures.
Figures all_figures(const TrainResult& result) {
  Figures figures = {{"loss", "Loss", result.loss, false, true}};
  figures.insert(figures.end(), result.validation.begin(), result.validation.end());
  return figures;
}

/// Keeps what the first epoch's loss was, and says on stderr what the figures were before.
class Beginning : public Observer {
 public:
  explicit Beginning(Index log_every) : log_every_(log_every) {}

  void on_first_validation(const Figures& figures) override {
    spdlog::info("before    {}", as_text(figures));
  }
  void on_step(const StepRecord& record) override {
    if (log_every_ == 0 || record.step % log_every_ != 0) return;
    spdlog::info("step      {} of epoch {}: loss {:.4f}", record.step, record.epoch, record.loss);
  }
  void on_epoch(const EpochRecord& record) override {
    if (record.epoch == 1) first_loss_ = record.loss;
    last_loss_ = record.loss;
  }

  void warn_if_worse() const {
    if (!first_loss_ || last_loss_ <= *first_loss_) return;
    spdlog::warn(
        "warning: the loss ended at {:.4f}, above the {:.4f} where it began; a lower --lr may help",
        last_loss_, *first_loss_);
  }

 private:
  Index log_every_;
  std::optional<double> first_loss_;
  double last_loss_ = 0;
};

int finish(const TrainResult& result, Run& run, const Options& options,
           const std::vector<Setting>& settings, const std::vector<InputRecord>& inputs,
           nlohmann::ordered_json& facts) {
  announce_end(result, options);
  if (run.validation_loader) facts.update(detailed(run).json());
  check_base_unchanged(inputs);
  if (!options.save.empty()) {
    save_peft_adapter(options.save, run.model(), run.adapter,
                      record_of(run, settings, result, inputs));
    spdlog::info("saved     {}", options.save);
    facts["saved"] = options.save;
  }
  const auto broken = broken_requirements(options.require, all_figures(result));
  for (const std::string& sentence : broken) {
    spdlog::error("{}", sentence);
    facts["broken_requirements"].push_back(sentence);
  }
  announce_base(inputs);
  return broken.empty() ? kDone : kRequirement;
}

void report_start(Run& run, const Options& options, const std::vector<Setting>& settings,
                  const std::vector<InputRecord>& inputs, StandardOutput& out, JsonLines& json) {
  if (options.json) {
    json.start(start_facts(run, settings, inputs));
    json.report_steps(options.log_every.value_or(0));
    return;
  }
  const Counts counts = counts_of(run.model());
  out.line(fmt::format("Trainable parameters: {}", counts.trainable));
  out.line(fmt::format("Total parameters: {}", counts.total));
}

/// Makes the directory and keeps others from writing to it meanwhile.
std::optional<PeftDirectoryLock> locked_output(const Options& options) {
  if (options.save.empty()) return std::nullopt;
  std::error_code missing;
  if (std::filesystem::equivalent(options.save, options.checkpoint, missing)) {
    prepare_peft_directory(options.save);
    return std::nullopt;
  }
  return std::optional<PeftDirectoryLock>(std::in_place, options.save);
}

int train(Options& options, const std::vector<Setting>& settings, StandardOutput& out,
          JsonLines& json) {
  RunInputs read(options);
  Run run(options, read);
  check_save(with_base(options, run.base->file));
  const std::vector<InputRecord> inputs = hashed_inputs(options, run.base->file);
  std::optional<Checkpointing> checkpointing;
  if (!options.checkpoint.empty()) checkpointing.emplace(options, settings, inputs);
  const auto lock = locked_output(options);
  announce_options(settings, kTrain);
  announce(run, options);
  report_start(run, options, settings, inputs, out, json);

  TerminalReporter terminal(out);
  Beginning beginning(options.json ? 0 : options.log_every.value_or(0));
  Observer* const lines = options.json ? static_cast<Observer*>(&json) : &terminal;
  TrainParts parts = run.parts({&beginning, lines}, interrupted);
  if (checkpointing) parts.keeper = &*checkpointing;
  Trainer trainer(train_config(options), std::move(parts));
  const std::vector<double> probe_before = probe_of(run);
  if (checkpointing) checkpointing->restore(trainer);

  catch_stop_signals();
  const auto start = std::chrono::steady_clock::now();
  const TrainResult result = trainer.run();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  announce_work(run, result, seconds.count());
  if (result.interrupted) {
    const std::string message = interruption(result, options);
    spdlog::error(message);
    if (options.json) json.failed(message, kInterrupted);
    return kInterrupted;
  }
  check_learned(run, probe_before, result);
  beginning.warn_if_worse();
  const Counts counts = counts_of(run.model());
  nlohmann::ordered_json facts = {{"trainable_parameters", counts.trainable},
                                  {"total_parameters", counts.total},
                                  {"seconds", seconds.count()}};
  const int code = finish(result, run, options, settings, inputs, facts);
  if (options.json) json.end(result, facts, code);
  return code;
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
  StandardOutput out;
  JsonLines json([&out](const std::string& line) { out.line(line); });
  return train(options, settings, out, json);
}

}  // namespace lora::cli
