#include "several_runs.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "announce.h"
#include "build.h"
#include "exit_code.h"
#include "inputs.h"
#include "interrupt.h"
#include "lora/core/error.h"
#include "memory_need.h"
#include "one_run.h"
#include "run_inputs.h"
#include "runs_table.h"
#include "terminal_reporter.h"
#include "train_command.h"
#include "variants.h"

namespace lora::cli {

namespace {

using Json = nlohmann::ordered_json;

class SeveralRuns {
 public:
  SeveralRuns(const Options& options, StandardOutput& out, JsonLines& json)
      : options_(&options),
        out_(&out),
        json_(&json),
        variants_(variants_of(options)),
        watch_(variants_.options.front()),
        read_(variants_.options, /*several=*/true) {}

  int run();

 private:
  const Options& first() const { return variants_.options.front(); }
  std::size_t count() const { return variants_.options.size(); }

  void make_each();
  bool train_one(std::size_t i);
  void announce_start(std::size_t i, Run& run);
  void report_end(std::size_t i, Run& run);
  void keep_if_best(std::size_t i, const Run& run);
  std::string what_failed() const;
  Json facts_of(std::size_t i) const;
  Json all_facts() const;
  int give_up(const std::string& message, int code);
  int keep_best();

  const Options* options_;
  StandardOutput* out_;
  JsonLines* json_;
  Variants variants_;
  InputWatch watch_;  // before they are read
  RunInputs read_;
  std::vector<InputRecord> inputs_;
  std::vector<RunOutcome> outcomes_;
  std::optional<std::size_t> best_;
  std::vector<Matrix> best_values_;  // of what that run trained
};

int SeveralRuns::run() {
  make_each();
  const std::string base = read_.base ? read_.base->file : "";
  check_save(with_base(first(), base));
  inputs_ = hashed_inputs(first(), base);
  watch_.check_read();
  watch_.add_base(base);
  const auto lock = locked_output(*options_);
  while (outcomes_.size() < count() && !interrupted()) {
    if (!train_one(outcomes_.size())) break;
  }
  if (!options_->json) {
    for (const std::string& line : table_of(variants_, outcomes_, *options_)) out_->line(line);
  }
  if (outcomes_.size() < count()) {
    return give_up(
        fmt::format("interrupted after {} of {} runs; nothing was kept", outcomes_.size(), count()),
        kInterrupted);
  }
  if (const std::string failure = what_failed(); !failure.empty()) {
    return give_up(failure, kTraining);
  }
  return keep_best();
}

/// What refuses one of the runs does so before the first is trained.
void SeveralRuns::make_each() {
  for (std::size_t i = 0; i < count(); ++i) {
    try {
      Run(variants_.options[i], read_, Run::Purpose::check);
    } catch (const Error& error) {
      if (options_->sweep.empty()) throw;
      throw Error(error.kind(), "--sweep, at ", described(variants_, i), ": ", error.what());
    }
  }
}

/// False if it was interrupted.
bool SeveralRuns::train_one(std::size_t i) {
  const Options& options = variants_.options[i];
  Run run(options, read_);
  announce_start(i, run);
  RunOutcome outcome;
  outcome.counts = counts_of(run.model());
  outcome.validation_rows = run.validation_loader ? run.validation_loader->rows() : 0;
  outcome.training_bytes = training_bytes(memory_need(read_.size(options), options));
  try {
    const Index log_every = options.json ? 0 : options.log_every.value_or(0);
    std::vector<Observer*> observers;
    if (options.json) observers.push_back(json_);
    Trained trained = train_run(run, options, {log_every, /*first_figures=*/false}, observers);
    if (trained.result.interrupted) return false;
    outcome.result = std::move(trained.result);
    outcome.seconds = trained.seconds;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::training) throw;
    outcome.error = error.what();
  }
  outcomes_.push_back(std::move(outcome));
  report_end(i, run);
  keep_if_best(i, run);
  return true;
}

void SeveralRuns::announce_start(std::size_t i, Run& run) {
  Options& options = variants_.options[i];
  const std::vector<Setting> settings = bind(options);
  if (i == 0) announce_problem(run, options);
  if (i == 0 && options_->sweep.empty()) announce_recipe(run, options);
  spdlog::info("run       {} of {}: {}", i + 1, count(), described(variants_, i));
  announce_options(settings, kTrain);
  if (!options.json) return;
  Json facts = {{"values", variants_.facts[i]}};
  facts.update(start_facts(run, settings, inputs_));
  json_->begin_run(static_cast<Index>(i) + 1);
  json_->start(facts);
  json_->report_steps(options.log_every.value_or(0));
}

void SeveralRuns::report_end(std::size_t i, Run& run) {
  const RunOutcome& outcome = outcomes_[i];
  if (outcome.failed()) {
    spdlog::warn("          failed: {}", outcome.error);
    if (options_->json) json_->failed(outcome.error, kTraining);
    return;
  }
  spdlog::info("          epoch {} of {}: {} ({:.2f} s)", outcome.result.kept_epoch,
               outcome.result.epochs, as_text(all_figures(outcome.result)), outcome.seconds);
  if (options_->json) json_->end(outcome.result, end_facts(run, outcome.seconds), kDone);
}

/// Of --compare-full it is the adapter, which comes first.
void SeveralRuns::keep_if_best(std::size_t i, const Run& run) {
  if (outcomes_[i].failed() || (options_->compare_full && i > 0)) return;
  const bool better =
      !best_ || is_better(outcomes_[i], outcomes_[*best_], compared_figure(first()));
  if (!better) return;
  best_ = i;
  best_values_.clear();
  for (const NamedParameter& named : run.trainable) {
    best_values_.push_back(named.parameter->value);
  }
}

/// What leaves the command without a result; empty if nothing does.
std::string SeveralRuns::what_failed() const {
  for (std::size_t i = 0; i < outcomes_.size(); ++i) {
    const bool needed = options_->folds || (options_->compare_full && i == 0) || !best_;
    if (!outcomes_[i].failed() || !needed) continue;
    const std::string message = described(variants_, i) + ": " + outcomes_[i].error;
    return best_ ? message : "no run came to its end; " + message;
  }
  return "";
}

Json SeveralRuns::facts_of(std::size_t i) const {
  const RunOutcome& outcome = outcomes_[i];
  Json facts = {{"run", i + 1}, {"values", variants_.facts[i]}};
  facts["trainable_parameters"] = outcome.counts.trainable;
  facts["total_parameters"] = outcome.counts.total;
  facts["training_bytes"] = outcome.training_bytes;
  facts["val_rows"] = outcome.validation_rows;
  if (outcome.failed()) {
    facts["error"] = outcome.error;
    return facts;
  }
  facts["epochs"] = outcome.result.epochs;
  facts["steps"] = outcome.result.steps;
  facts["kept_epoch"] = outcome.result.kept_epoch;
  facts["stopped_early"] = outcome.result.stopped_early;
  for (const NamedValue& figure : all_figures(outcome.result)) facts[figure.name] = figure.value;
  facts["seconds"] = outcome.seconds;
  return facts;
}

Json SeveralRuns::all_facts() const {
  Json facts = {{"runs", Json::array()}};
  for (std::size_t i = 0; i < outcomes_.size(); ++i) facts["runs"].push_back(facts_of(i));
  return facts;
}

int SeveralRuns::give_up(const std::string& message, int code) {
  spdlog::error("{}{}", code == kInterrupted ? "" : "error: ", message);
  if (!options_->json) return code;
  Json facts = all_facts();
  facts["error"] = message;
  json_->end_runs();
  json_->end(facts, code);
  return code;
}

/// The run is made once more, since only what it trained was kept.
int SeveralRuns::keep_best() {
  Options& options = variants_.options[*best_];
  const RunOutcome& outcome = outcomes_[*best_];
  Run run(options, read_);
  for (std::size_t i = 0; i < best_values_.size(); ++i) {
    run.trainable[i].parameter->value = best_values_[i];
  }
  spdlog::info("kept      {}", described(variants_, *best_));
  watch_.watch_only(used_in_place(run));
  Json facts = all_facts();
  facts["best"] = *best_ + 1;
  Figures figures = all_figures(outcome.result);
  if (options.folds) {
    figures = mean_of(outcomes_);
    for (const NamedValue& figure : figures) facts["mean"][figure.name] = figure.value;
    for (const NamedValue& figure : spread_of(outcomes_)) {
      facts["spread"][figure.name] = figure.value;
    }
  }
  keep_run(run, outcome.result, options, bind(options), inputs_, watch_, facts);
  const int code = judge(figures, options, facts);
  announce_base(inputs_);
  json_->end_runs();
  if (options.json) json_->end(facts, code);
  return code;
}

}  // namespace

int run_several(const Options& options, StandardOutput& out, JsonLines& json) {
  return SeveralRuns(options, out, json).run();
}

}  // namespace lora::cli
