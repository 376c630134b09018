#include "one_run.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include <spdlog/spdlog.h>

#include "adaptation.h"
#include "announce.h"
#include "command_line.h"
#include "details.h"
#include "exit_code.h"
#include "interrupt.h"
#include "lora/core/error.h"
#include "lora/core/profile.h"
#include "lora/io/file_hash.h"
#include "requirement.h"
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

RunRecord record_of(Run& run, const Options& options, const std::vector<Setting>& settings,
                    const TrainResult& result, const std::vector<InputRecord>& inputs) {
  const Counts counts = counts_of(run.model());
  RunRecord record;
  record.version = version_number();
  record.config = as_json(settings, kTrain);
  for (const std::string_view option : kAboutOldOutputs) record.config.erase(std::string(option));
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
  if (options.folds) record.fold = options.fold + 1;
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
  const Timed timed(run.compute, Phase::validation);
  Details details(run.task, run.model().out_features(), run.output_names());
  run.evaluate(*run.validation(), details.accumulators());
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

/// Says on stderr what the figures are before training and the losses of steps, and keeps what the
/// first epoch's loss was.
class Beginning : public Observer {
 public:
  explicit Beginning(Told told) : told_(told) {}

  void on_first_validation(const Figures& figures) override {
    if (told_.first_figures) spdlog::info("before    {}", as_text(figures));
  }
  void on_step(const StepRecord& record) override {
    if (told_.log_every == 0 || record.step % told_.log_every != 0) return;
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
  Told told_;
  std::optional<double> first_loss_;
  double last_loss_ = 0;
};

}  // namespace

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

Trained train_run(Run& run, const Options& options, Told told,
                  const std::vector<Observer*>& observers, Checkpointing* checkpointing) {
  Beginning beginning(told);
  std::vector<Observer*> all = {&beginning};
  all.insert(all.end(), observers.begin(), observers.end());
  TrainParts parts = run.parts(std::move(all), interrupted);
  parts.keeper = checkpointing;
  Trainer trainer(train_config(options), std::move(parts));
  const std::vector<double> probe_before = probe_of(run);
  if (checkpointing != nullptr) checkpointing->restore(trainer);

  catch_stop_signals();
  const auto start = std::chrono::steady_clock::now();
  Trained trained{trainer.run(), 0};
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  trained.seconds = seconds.count();
  announce_work(run, trained.result, trained.seconds);
  if (trained.result.interrupted) return trained;
  check_learned(run, probe_before, trained.result);
  beginning.warn_if_worse();
  return trained;
}

nlohmann::ordered_json end_facts(Run& run, double seconds) {
  const Counts counts = counts_of(run.model());
  return {{"trainable_parameters", counts.trainable},
          {"total_parameters", counts.total},
          {"seconds", seconds}};
}

Figures all_figures(const TrainResult& result) {
  Figures figures = {{"loss", "Loss", result.loss, false, true}};
  figures.insert(figures.end(), result.validation.begin(), result.validation.end());
  return figures;
}

std::vector<std::string> used_in_place(const Run& run) {
  std::vector<std::string> options = {"base"};
  if (run.data().features.is_window()) options.emplace_back("data");
  if (run.validation_data().features.is_window()) options.emplace_back("val");
  return options;
}

std::optional<PeftDirectoryLock> locked_output(const Options& options) {
  if (options.save.empty()) return std::nullopt;
  std::error_code missing;
  if (std::filesystem::equivalent(options.save, options.checkpoint, missing)) {
    prepare_peft_directory(options.save);
    return std::nullopt;
  }
  return std::optional<PeftDirectoryLock>(std::in_place, options.save);
}

void keep_run(Run& run, const TrainResult& result, const Options& options,
              const std::vector<Setting>& settings, const std::vector<InputRecord>& inputs,
              const InputWatch& watch, nlohmann::ordered_json& facts) {
  if (run.validation_loader) facts.update(detailed(run).json());
  watch.check_content();
  check_base_unchanged(inputs);
  if (options.save.empty()) return;
  const Timed timed(run.compute, Phase::saving);
  save_peft_adapter(options.save, run.model(), run.adapter,
                    record_of(run, options, settings, result, inputs));
  spdlog::info("saved     {}", options.save);
  facts["saved"] = options.save;
}

int judge(const Figures& figures, const Options& options, nlohmann::ordered_json& facts) {
  const auto broken = broken_requirements(options.require, figures);
  for (const std::string& sentence : broken) {
    spdlog::error("{}", sentence);
    facts["broken_requirements"].push_back(sentence);
  }
  return broken.empty() ? kDone : kRequirement;
}

}  // namespace lora::cli
