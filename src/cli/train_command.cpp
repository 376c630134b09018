#include "train_command.h"

#include <chrono>
#include <filesystem>
#include <sstream>
#include <string>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "build.h"
#include "command_line.h"
#include "exit_code.h"
#include "interrupt.h"
#include "lora/artifact/peft_adapter.h"
#include "lora/core/error.h"
#include "lora/report/json_lines.h"
#include "lora/train/trainer.h"
#include "standard_output.h"
#include "terminal_reporter.h"

namespace lora::cli {

namespace {

std::vector<std::string> input_files(const Options& o) {
  std::vector<std::string> files = {o.data,       o.target, o.val,
                                    o.val_target, o.base,   o.base.substr(0, o.base.rfind(':'))};
  std::erase_if(files, [](const std::string& file) { return !std::filesystem::exists(file); });
  return files;
}

/// Refuses, before anything is computed, outputs that would replace something by mistake.
void check_outputs(const Options& options) {
  if (options.save.empty()) return;
  if (std::filesystem::exists(options.save) && !std::filesystem::is_directory(options.save)) {
    throw Error(ErrorKind::usage, "--save ", options.save, ": is a file; a directory is needed");
  }
  for (const std::string& output : peft_adapter_files(options.save)) {
    if (!std::filesystem::exists(output)) continue;
    for (const std::string& input : input_files(options)) {
      if (std::filesystem::equivalent(input, output)) {
        throw Error(ErrorKind::usage, "--save ", options.save, ": ", output,
                    " is also an input of this run, which is never written to");
      }
    }
    if (!options.overwrite) {
      throw Error(ErrorKind::usage, "--save ", options.save, ": ", output,
                  " is already there; --overwrite replaces it");
    }
  }
}

/// True if the targets of a regression are few different whole numbers from 0.
bool look_like_classes(const Dataset& data) {
  constexpr Real kMostClasses = 100;
  if (data.targets.cols() != 1) return false;
  const auto column = data.targets.col(0).array();
  return column.minCoeff() >= 0 && column.maxCoeff() >= 1 && column.maxCoeff() < kMostClasses &&
         (column == column.round()).all();
}

std::string described_data(const Run& run, const Options& o) {
  std::string text = o.is_demo() ? "random numbers" : o.data;
  text += fmt::format(": {} rows, {} features, {} {}", run.train_loader->rows(),
                      run.model->in_features(), run.model->out_features(),
                      run.data.has_labels() ? "classes" : "outputs");
  if (run.validation_loader) {
    text += fmt::format("; {} rows held out{}", run.validation_loader->rows(),
                        o.val.empty() ? "" : " in " + o.val);
  }
  return text;
}

std::string described_base(Run& run) {
  return fmt::format("{} ({}, {}) {}, {} bias; frozen",
                     run.base_name.empty() ? "drawn as torch.nn.Linear" : run.base_name,
                     run.model->out_features(), run.model->in_features(), run.base_dtype,
                     run.model->linear().bias() == nullptr ? "without" : "with");
}

/// What will be done, before it is done.
void announce(Run& run, const Options& o) {
  const Counts counts = run.counts();
  spdlog::info("data      {}", described_data(run, o));
  spdlog::info("base      {}", described_base(run));
  spdlog::info("adapter   lora on {}: rank {}, scale {}, init {}, bias {}", run.model->name(),
               o.rank, run.adapter_options.scale(), *o.init, o.bias);
  spdlog::info("training  {} step(s) an epoch, {}, lr {}, {}", run.train_loader->batches(),
               o.optimizer, o.lr, *o.loss);
  spdlog::info("counts    {} trainable of {} parameters ({:.2f} %), {} thread(s)", counts.trainable,
               counts.total,
               100.0 * static_cast<double>(counts.trainable) / static_cast<double>(counts.total),
               run.compute.threads);
  if (run.task == Task::regression && look_like_classes(run.data)) {
    spdlog::warn(
        "the targets are whole numbers from 0 to {}; if they are classes, say --task "
        "classification",
        run.data.targets.maxCoeff());
  }
}

/// With --verbose: the resolved options, as a file of --config.
void announce_options(const std::vector<Setting>& settings) {
  std::istringstream lines(as_toml(settings));
  for (std::string line; std::getline(lines, line);) spdlog::debug("option    {}", line);
}

/// With --verbose: what the run took.
void announce_work(const Run& run, const TrainResult& result, double seconds) {
  spdlog::debug("work      {} steps in {:.3f} s; {} matrix products of {:.3g} multiply-adds",
                result.steps, seconds, run.compute.products, run.compute.multiplications);
}

/// Says on stderr what the figures were before the first step.
class FirstValidation : public Observer {
 public:
  void on_first_validation(const Figures& figures) override {
    spdlog::info("before    {}", as_text(figures));
  }
};

nlohmann::ordered_json start_facts(Run& run, const std::vector<Setting>& settings) {
  const Counts counts = run.counts();
  return {{"config", as_json(settings)},
          {"trainable_parameters", counts.trainable},
          {"total_parameters", counts.total},
          {"rows", run.train_loader->rows()},
          {"val_rows", run.validation_loader ? run.validation_loader->rows() : 0}};
}

void save(Run& run, const Options& options) {
  save_peft_adapter(options.save, *run.model, {options.base, run.adapter_options, options.bias});
  spdlog::info("saved     {}", options.save);
}

int finish(const TrainResult& result, Run& run, const Options& options) {
  if (result.interrupted) {
    spdlog::error("interrupted after step {}; nothing was kept", result.steps);
    return kInterrupted;
  }
  if (!options.save.empty()) save(run, options);
  return kDone;
}

}  // namespace

int run_train(const Options& options, const std::vector<Setting>& settings) {
  check_outputs(options);
  StandardOutput out;
  JsonLines json([&out](const std::string& line) { out.line(line); });
  TerminalReporter terminal(out);
  FirstValidation first;
  try {
    Run run(options);
    if (!options.save.empty()) prepare_peft_directory(options.save);
    announce_options(settings);
    announce(run, options);
    const Counts counts = run.counts();
    if (options.json) {
      json.start(start_facts(run, settings));
    } else {
      out.line(fmt::format("Trainable parameters: {}", counts.trainable));
      out.line(fmt::format("Total parameters: {}", counts.total));
    }
    Observer* const lines = options.json ? static_cast<Observer*>(&json) : &terminal;
    Trainer trainer({*options.epochs, options.max_steps.value_or(0), options.lr},
                    run.parts({&first, lines}, interrupted));
    const auto start = std::chrono::steady_clock::now();
    const TrainResult result = trainer.run();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    announce_work(run, result, seconds.count());
    const int code = finish(result, run, options);
    if (options.json) json.end(result, code);
    return code;
  } catch (const Error& error) {
    if (options.json && error.kind() != ErrorKind::usage) {
      json.failed(error.what(), exit_code_of(error.kind()));
    }
    throw;
  }
}

}  // namespace lora::cli
