#include "several_runs.h"

#include <algorithm>
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
#include "processes.h"
#include "run_inputs.h"
#include "run_outcome.h"
#include "runs_table.h"
#include "terminal_reporter.h"
#include "train_command.h"
#include "variants.h"

namespace lora::cli {

namespace {

using Json = nlohmann::ordered_json;

/// Of n processes each trains every n-th run alone; the first one tells of all, and keeps the best.
class SeveralRuns {
 public:
  SeveralRuns(const Options& options, StandardOutput& out, JsonLines& json)
      : options_(&options),
        team_(&processes()),
        out_(&out),
        json_(&json),
        kept_events_([this](const std::string& line) { outcome_.events += line + "\n"; }),
        events_(team_->size() == 1 ? &json : &kept_events_),
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
  void report_end(Run& run);
  bool is_best(const RunOutcome& outcome) const;
  void keep_if_best(const Run& run);
  void share_outcomes();
  int finish();
  std::string what_failed() const;
  Json facts_of(const RunOutcome& outcome) const;
  Json all_facts() const;
  int give_up(const std::string& message, int code);
  int keep_best();

  const Options* options_;
  Group* team_;
  StandardOutput* out_;
  JsonLines* json_;
  JsonLines kept_events_;  // until all runs are over
  JsonLines* events_;      // of the runs
  Variants variants_;
  InputWatch watch_;  // before they are read
  RunInputs read_;
  std::vector<InputRecord> inputs_;
  RunOutcome outcome_;  // of the run that is going on
  std::vector<RunOutcome> outcomes_;
  std::optional<RunOutcome> best_;
  std::vector<Real> best_values_;  // all that it trained
};

int SeveralRuns::run() {
  make_each();
  const std::string base = read_.base ? read_.base->file : "";
  check_save(with_base(first(), base));
  inputs_ = hashed_inputs(first(), base);
  watch_.check_read();
  watch_.add_base(base);
  const auto lock = team_->is_first() ? locked_output(*options_) : std::nullopt;
  if (team_->size() > 1) {
    spdlog::info("runs      {}, shared out to {} processes; told here are those of this one",
                 count(), team_->size());
  }
  const auto step = static_cast<std::size_t>(team_->size());
  for (auto i = static_cast<std::size_t>(team_->rank()); i < count() && !interrupted(); i += step) {
    if (!train_one(i)) break;
  }
  share_outcomes();
  return std::stoi(from_first(std::to_string(team_->is_first() ? finish() : kDone)));
}

int SeveralRuns::finish() {
  for (const RunOutcome& outcome : outcomes_) out_->text(outcome.events);
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
  outcome_ = {};
  outcome_.run = i;
  announce_start(i, run);
  outcome_.counts = counts_of(run.model());
  outcome_.validation_rows = run.validation_loader ? run.validation_loader->rows() : 0;
  outcome_.training_bytes = training_bytes(memory_need(read_.size(options), options));
  try {
    const Index log_every = options.json ? 0 : options.log_every.value_or(0);
    std::vector<Observer*> observers;
    if (options.json) observers.push_back(events_);
    Trained trained = train_run(run, options, {log_every, /*first_figures=*/false}, observers);
    if (trained.result.interrupted) return false;
    outcome_.result = std::move(trained.result);
    outcome_.seconds = trained.seconds;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::training) throw;
    outcome_.error = error.what();
  }
  report_end(run);
  keep_if_best(run);
  outcomes_.push_back(std::move(outcome_));
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
  events_->begin_run(static_cast<Index>(i) + 1);
  events_->start(facts);
  events_->report_steps(options.log_every.value_or(0));
}

void SeveralRuns::report_end(Run& run) {
  if (outcome_.failed()) {
    spdlog::warn("          failed: {}", outcome_.error);
    if (options_->json) events_->failed(outcome_.error, kTraining);
    return;
  }
  const TrainResult& result = outcome_.result;
  spdlog::info("          epoch {} of {}: {} ({:.2f} s)", result.kept_epoch, result.epochs,
               as_text(all_figures(result)), outcome_.seconds);
  if (options_->json) events_->end(result, end_facts(run, outcome_.seconds), kDone);
}

/// Of those so far. Of --compare-full it is the adapter, which comes first.
bool SeveralRuns::is_best(const RunOutcome& outcome) const {
  if (outcome.failed() || (options_->compare_full && outcome.run > 0)) return false;
  return !best_ || is_better(outcome, *best_, compared_figure(first()));
}

void SeveralRuns::keep_if_best(const Run& run) {
  if (!is_best(outcome_)) return;
  best_ = outcome_;
  best_values_.clear();
  for (const NamedParameter& named : run.trainable) {
    const Matrix& value = named.parameter->value;
    best_values_.insert(best_values_.end(), value.data(), value.data() + value.size());
  }
}

/// Afterwards each process knows what the runs of all came to.
void SeveralRuns::share_outcomes() {
  if (team_->size() == 1) return;
  const std::optional<RunOutcome> own_best = std::move(best_);
  best_.reset();
  std::vector<RunOutcome> all;
  for (const std::string& text : team_->gather(text_of(outcomes_))) {
    for (RunOutcome& outcome : outcomes_of(text)) all.push_back(std::move(outcome));
  }
  std::ranges::sort(all, {}, &RunOutcome::run);
  outcomes_ = std::move(all);
  for (const RunOutcome& outcome : outcomes_) {
    if (is_best(outcome)) best_ = outcome;
  }
  std::vector<double> own_values;
  if (best_ && own_best && own_best->run == best_->run) {
    own_values.assign(best_values_.begin(), best_values_.end());
  }
  const std::vector<std::vector<double>> values = gather_wide(*team_, own_values);
  if (!best_) return;
  const std::vector<double>& best = values[best_->run % values.size()];
  best_values_.assign(best.begin(), best.end());
}

/// What leaves the command without a result; empty if nothing does.
std::string SeveralRuns::what_failed() const {
  for (const RunOutcome& outcome : outcomes_) {
    const bool needed = options_->folds || (options_->compare_full && outcome.run == 0) || !best_;
    if (!outcome.failed() || !needed) continue;
    const std::string message = described(variants_, outcome.run) + ": " + outcome.error;
    return best_ ? message : "no run came to its end; " + message;
  }
  return "";
}

Json SeveralRuns::facts_of(const RunOutcome& outcome) const {
  Json facts = {{"run", outcome.run + 1}, {"values", variants_.facts[outcome.run]}};
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
  for (const RunOutcome& outcome : outcomes_) facts["runs"].push_back(facts_of(outcome));
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
  Options& options = variants_.options[best_->run];
  Run run(options, read_);
  auto from = best_values_.begin();
  for (const NamedParameter& named : run.trainable) {
    Matrix& value = named.parameter->value;
    std::copy_n(from, value.size(), value.data());
    from += value.size();
  }
  spdlog::info("kept      {}", described(variants_, best_->run));
  watch_.watch_only(used_in_place(run));
  Json facts = all_facts();
  facts["best"] = best_->run + 1;
  Figures figures = all_figures(best_->result);
  if (options.folds) {
    figures = mean_of(outcomes_);
    for (const NamedValue& figure : figures) facts["mean"][figure.name] = figure.value;
    for (const NamedValue& figure : spread_of(outcomes_)) {
      facts["spread"][figure.name] = figure.value;
    }
  }
  keep_run(run, best_->result, options, bind(options), inputs_, watch_, facts);
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
