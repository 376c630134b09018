#include "plan_command.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "announce.h"
#include "build.h"
#include "columns.h"
#include "command_line.h"
#include "exit_code.h"
#include "inputs.h"
#include "lora/artifact/checkpoint.h"
#include "lora/core/error.h"
#include "lora/nn/linear.h"
#include "lora/nn/visitor.h"
#include "lora/report/json_lines.h"
#include "lora/train/evaluator.h"
#include "lora/train/trainer.h"
#include "memory_need.h"
#include "run_outputs.h"
#include "standard_output.h"
#include "train_command.h"

namespace lora::cli {

namespace {

using Json = nlohmann::ordered_json;
using Cells = std::vector<std::vector<std::string>>;
using Clock = std::chrono::steady_clock;

constexpr Index kMostSteps = 50;
constexpr double kLongEnough = 0.3;  // seconds of measured steps

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct PlannedLayer {
  std::string path;
  Index out;
  Index in;
  bool has_factors;
  Index rank;
  double scale;
  Index trained = 0;
};

class LayerVisitor : public Visitor {
 public:
  explicit LayerVisitor(const PeftConfig& adapter) : adapter_(adapter) {}

  void linear(const std::string& name, Linear& layer) override {
    const bool has_factors = layer.adapter() != nullptr && layer.adapter()->uses_base_product();
    layers.push_back({name, layer.out_features(), layer.in_features(), has_factors,
                      adapter_.rank_of(name), adapter_.scale_of(name)});
  }
  void parameter(const std::string& /*name*/, Parameter& parameter) override {
    if (parameter.trainable()) layers.back().trained += parameter.value.size();
  }

  std::vector<PlannedLayer> layers;

 private:
  const PeftConfig& adapter_;
};

/// How long training takes, after some of it.
struct Timing {
  Index measured = 0;
  double step = 0;  ///< seconds; the median of those measured
  double validation = 0;
  double reading = 0;  ///< until the first step could be done
  Index steps = 0;     ///< of the whole run
  Index epochs = 0;
  Index validations = 0;

  double total() const {
    return reading + step * static_cast<double>(steps) +
           validation * static_cast<double>(validations);
  }
};

/// The time of one step: the first warms up, the median of the others counts.
void measure_steps(Trainer& trainer, Timing& timing) {
  std::vector<double> times;
  const auto start = Clock::now();
  trainer.start_epoch();
  while (static_cast<Index>(times.size()) < std::min(kMostSteps, timing.steps) &&
         (times.size() < 2 || seconds_since(start) < kLongEnough)) {
    const auto before = Clock::now();
    if (trainer.step()) {
      times.push_back(seconds_since(before));
    } else {
      trainer.start_epoch();
    }
  }
  timing.measured = static_cast<Index>(times.size());
  if (times.size() > 1) times.erase(times.begin());
  std::ranges::nth_element(times, times.begin() + static_cast<Index>(times.size() / 2));
  timing.step = times[times.size() / 2];
}

/// One batch, taken as often as there are such.
void measure_validation(Run& run, Timing& timing) {
  const std::optional<Feed> feed = run.validation();
  if (!feed) return;
  Evaluator evaluator(*run.objective, run.metrics, run.compute, run.group);
  Rng nobody(0);
  feed->loader.start_epoch(nobody);
  std::optional<Batch> batch = feed->loader.next();
  const auto start = Clock::now();
  feed->cache.fill(*batch);
  evaluator.add(*batch);
  timing.validation = seconds_since(start) * static_cast<double>(feed->loader.batches());
}

Timing measure(Run& run, const Options& options, double reading) {
  Timing timing;
  timing.reading = reading;
  timing.steps = run.total_steps(options);
  timing.epochs = (timing.steps - 1) / run.steps_per_epoch(options) + 1;
  if (run.validation_loader) timing.validations = (timing.epochs - 1) / *options.eval_every + 2;
  Trainer trainer(train_config(options), run.parts({}, nullptr));
  measure_steps(trainer, timing);
  measure_validation(run, timing);
  return timing;
}

struct Plan {
  std::vector<PlannedLayer> layers;
  Counts counts;
  std::vector<MemoryPart> memory;
  Timing timing;
};

std::vector<std::string> lines_of(const Plan& plan) {
  Cells layers = {{"layer", "shape", "rank", "scale", "trained"}};
  for (const PlannedLayer& layer : plan.layers) {
    layers.push_back({layer.path, fmt::format("({}, {})", layer.out, layer.in),
                      layer.has_factors ? std::to_string(layer.rank) : "-",
                      layer.has_factors ? fmt::format("{:g}", layer.scale) : "-",
                      std::to_string(layer.trained)});
  }
  std::vector<std::string> lines = aligned(layers);
  lines.push_back(fmt::format("Trainable parameters: {}", plan.counts.trainable));
  lines.push_back(fmt::format("Total parameters: {}", plan.counts.total));

  Cells memory = {{"memory", "bytes"}};
  for (const MemoryPart& part : plan.memory) {
    memory.push_back({part.what, fmt::format("{:.0f}", part.bytes)});
  }
  memory.push_back({"all", fmt::format("{:.0f}", total_of(plan.memory))});
  for (std::string& line : aligned(memory)) lines.push_back(std::move(line));

  const Timing& timing = plan.timing;
  lines.push_back(fmt::format("Steps: {} in {} epochs", timing.steps, timing.epochs));
  lines.push_back(fmt::format("Time: {:.3g} s, at {:.3g} s a step (measured on {})", timing.total(),
                              timing.step, timing.measured));
  return lines;
}

Json facts_of(const Plan& plan, const std::vector<Setting>& settings) {
  Json layers = Json::array();
  for (const PlannedLayer& layer : plan.layers) {
    layers.push_back({{"path", layer.path},
                      {"shape", {layer.out, layer.in}},
                      {"rank", layer.has_factors ? Json(layer.rank) : Json()},
                      {"scale", layer.has_factors ? Json(layer.scale) : Json()},
                      {"trained", layer.trained}});
  }
  Json memory = Json::object();
  for (const MemoryPart& part : plan.memory) memory[part.what] = part.bytes;
  const std::optional<double> available = available_memory();
  const Timing& timing = plan.timing;
  return {{"config", as_json(settings, kPlan)},
          {"layers", layers},
          {"trainable_parameters", plan.counts.trainable},
          {"total_parameters", plan.counts.total},
          {"memory", memory},
          {"memory_bytes", total_of(plan.memory)},
          {"available_bytes", available ? Json(*available) : Json()},
          {"epochs", timing.epochs},
          {"steps", timing.steps},
          {"measured_steps", timing.measured},
          {"step_seconds", timing.step},
          {"validation_seconds", timing.validation},
          {"seconds", timing.total()}};
}

}  // namespace

int run_plan(Options& options, const std::vector<Setting>& settings) {
  check_save(options);
  const bool may_go_on = options.resume || options.overwrite || options.checkpoint.empty();
  if (!may_go_on && !CheckpointDirectory(options.checkpoint).steps().empty()) {
    throw Error(ErrorKind::usage, "--checkpoint ", options.checkpoint,
                ": holds checkpoints; --resume goes on from them, --overwrite deletes them");
  }
  const auto start = Clock::now();
  RunInputs inputs(options);
  Run run(options, inputs);
  const double reading = seconds_since(start);
  check_save(with_base(options, run.base->file));
  check_run_outputs(with_base(options, run.base->file));
  announce(run, options);

  LayerVisitor walk(run.adapter);
  run.model().visit(walk);
  const Plan plan{walk.layers, counts_of(run.model()), memory_need(inputs.size(options), options),
                  measure(run, options, reading)};
  StandardOutput out;
  if (options.json) {
    json_on(out).end(facts_of(plan, settings), kDone);
    return kDone;
  }
  out.text(as_toml(settings, kPlan));
  for (const std::string& line : lines_of(plan)) out.line(line);
  return kDone;
}

}  // namespace lora::cli
