#include "run_outputs.h"

#include <filesystem>
#include <span>
#include <string_view>
#include <utility>

#include <spdlog/spdlog.h>

#include "inputs.h"
#include "lora/core/error.h"
#include "lora/io/atomic_file.h"
#include "lora/io/mapped_file.h"
#include "lora/report/event_records.h"
#include "processes.h"

namespace lora::cli {

namespace {

using Json = nlohmann::ordered_json;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// TensorBoard reads every file with such a name.
std::string event_path(const Options& options) {
  return (std::filesystem::path(options.tensorboard) / "events.out.tfevents.lora-train").string();
}

/// What --resume leaves of a file that is there: `cut` of it, if `is_ours`.
template <class IsOurs, class Cut>
std::string kept_part(const Options& options, const std::string& path, IsOurs is_ours, Cut cut) {
  std::error_code hidden;
  if (!options.resume || !std::filesystem::exists(path, hidden)) return "";
  const MappedFile file(path);
  if (!file.text().empty() && !is_ours(file.text())) {
    throw Error(ErrorKind::usage, path,
                ": is not of a run of lora-train, so that --resume does not write to it");
  }
  return std::string(cut(file.text()));
}

std::string title_of(const Options& o) {
  return o.is_demo() ? "lora-train: the demo" : "lora-train: " + o.data;
}

/// "lora of rank 4, adam, lr 0.01, batches of 32, seed 42".
std::string subtitle_of(const Options& o) {
  std::string method = o.method == "full" ? "whole weight" : o.dora ? "dora" : "lora";
  if (o.rank) method += fmt::format(" of rank {}", *o.rank);
  const Index batch = o.batch_size.value_or(0);
  return fmt::format("{}, {}, lr {:g}, {}, seed {}", method, o.optimizer, o.lr,
                     batch == 0 ? "all rows a step" : fmt::format("batches of {}", batch), o.seed);
}

void write_text(const std::string& path, const std::string& text) {
  write_file_atomically(path, bytes_of(text));
}

}  // namespace

void check_run_outputs(const Options& options) {
  const bool may_replace = options.overwrite || options.resume;
  for (const auto& [path, option] :
       {std::pair{options.log, "--log "}, std::pair{options.plot, "--plot "},
        std::pair{options.report, "--report "}}) {
    if (!path.empty()) check_outputs(option + path, {path}, options, may_replace);
  }
  if (options.tensorboard.empty()) return;
  check_outputs("--tensorboard " + options.tensorboard, {event_path(options)}, options,
                may_replace);
}

RunOutputs::RunOutputs(const Options& options, Json facts, std::optional<RunPosition> from)
    : options_(&options), start_facts_(std::move(facts)) {
  for (const std::string& path : {options.plot, options.report}) {
    if (!path.empty() && processes().is_first()) AtomicFile probe(path);
  }
  if (!options.log.empty()) begin_log(from);
  if (!options.tensorboard.empty()) begin_events(from);
}

void RunOutputs::begin_log(std::optional<RunPosition> from) {
  const std::string kept = kept_part(
      *options_, options_->log, is_run_log,
      [&](std::string_view text) { return from ? lines_until(text, *from) : std::string_view(); });
  history_ = read_run_log(kept).history;
  log_file_.emplace(options_->log, bytes_of(kept));
  log_.emplace([this](const std::string& line) { log_file_->append(bytes_of(line + "\n")); });
  log_->report_steps(options_->log_every.value_or(1));
  log_->start(start_facts_);
}

void RunOutputs::begin_events(std::optional<RunPosition> from) {
  std::error_code error;
  std::filesystem::create_directories(options_->tensorboard, error);
  if (error) {
    throw Error(ErrorKind::output, options_->tensorboard, ": cannot be made: ", error.message());
  }
  const std::string path = event_path(*options_);
  const std::string kept = kept_part(*options_, path, is_event_file, [&](std::string_view bytes) {
    return from ? records_until(bytes, from->steps) : std::string_view();
  });
  event_file_.emplace(path, bytes_of(kept));
  events_.emplace([this](std::string_view record) { event_file_->append(bytes_of(record)); },
                  options_->log_every.value_or(1));
  if (kept.empty()) events_->start();
}

std::vector<Observer*> RunOutputs::observers() {
  std::vector<Observer*> observers;
  if (log_) observers.push_back(&*log_);
  if (events_) observers.push_back(&*events_);
  if (!options_->plot.empty() || !options_->report.empty()) observers.push_back(&history_);
  return observers;
}

void RunOutputs::end(Run& run, const std::vector<Setting>& settings, const TrainResult& result,
                     const Json& facts, int exit_code) {
  Plot drawn = plot();
  if (result.kept_epoch < result.epochs) {
    drawn.mark = static_cast<double>(result.kept_epoch);
    drawn.mark_label = fmt::format("kept: epoch {}", result.kept_epoch);
  }
  draw(drawn);
  report(run, settings, {start_facts_, facts, result, drawn});
  if (log_) log_->end(result, facts, exit_code);
  flush();
}

void RunOutputs::interrupted(Run& run, const std::vector<Setting>& settings,
                             const TrainResult& result, const Json& facts,
                             const std::string& message, int exit_code) {
  const Plot drawn = plot();
  report(run, settings, {start_facts_, facts, result, drawn});
  failed(message, exit_code);
}

/// The first failure is the one to be told.
void RunOutputs::failed(const std::string& message, int exit_code) {
  try {
    draw(plot());
    if (log_) log_->failed(message, exit_code);
    flush();
  } catch (const Error&) {
    return;
  }
}

Plot RunOutputs::plot() const {
  Plot drawn = plot_of(history_);
  drawn.title = title_of(*options_);
  drawn.subtitle = subtitle_of(*options_);
  return drawn;
}

/// A run that went on from its end has nothing to show.
void RunOutputs::draw(const Plot& drawn) const {
  if (options_->plot.empty() || drawn.panels.empty()) return;
  write_text(options_->plot, svg_file_of(drawn));
  spdlog::info("plotted   {}", options_->plot);
}

void RunOutputs::report(Run& run, const std::vector<Setting>& settings,
                        const ReportFacts& facts) const {
  if (options_->report.empty()) return;
  const std::string page = html_report(run, *options_, settings, facts);
  if (!run.group.is_first()) return;
  write_text(options_->report, page);
  spdlog::info("reported  {}", options_->report);
}

void RunOutputs::flush() {
  if (log_file_) log_file_->flush();
  if (event_file_) event_file_->flush();
}

}  // namespace lora::cli
