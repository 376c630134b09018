#include "run_outcome.h"

#include <bit>
#include <cstdint>

#include <nlohmann/json.hpp>

#include "lora/train/observer.h"

namespace lora::cli {

namespace {

using Json = nlohmann::json;

/// JSON has no number for what is not finite.
std::uint64_t bits_of(double value) {
  return std::bit_cast<std::uint64_t>(value);
}

double number_of(const Json& bits) {
  return std::bit_cast<double>(bits.get<std::uint64_t>());
}

}  // namespace

std::string text_of(const std::vector<RunOutcome>& outcomes) {
  Json all = Json::array();
  for (const RunOutcome& outcome : outcomes) {
    const TrainResult& result = outcome.result;
    all.push_back({{"run", outcome.run},
                   {"epochs", result.epochs},
                   {"steps", result.steps},
                   {"kept_epoch", result.kept_epoch},
                   {"stopped_early", result.stopped_early},
                   {"highest_lr", bits_of(result.highest_lr)},
                   {"loss", bits_of(result.loss)},
                   {"validation", text_of(result.validation)},
                   {"seconds", bits_of(outcome.seconds)},
                   {"trainable", outcome.counts.trainable},
                   {"total", outcome.counts.total},
                   {"validation_rows", outcome.validation_rows},
                   {"training_bytes", bits_of(outcome.training_bytes)},
                   {"error", outcome.error},
                   {"events", outcome.events}});
  }
  return all.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<RunOutcome> outcomes_of(const std::string& text) {
  std::vector<RunOutcome> outcomes;
  for (const Json& one : Json::parse(text)) {
    RunOutcome& outcome = outcomes.emplace_back();
    outcome.run = one["run"];
    outcome.result.epochs = one["epochs"];
    outcome.result.steps = one["steps"];
    outcome.result.kept_epoch = one["kept_epoch"];
    outcome.result.stopped_early = one["stopped_early"];
    outcome.result.highest_lr = number_of(one["highest_lr"]);
    outcome.result.loss = number_of(one["loss"]);
    outcome.result.validation = figures_of(one["validation"]);
    outcome.seconds = number_of(one["seconds"]);
    outcome.counts = {one["trainable"], one["total"]};
    outcome.validation_rows = one["validation_rows"];
    outcome.training_bytes = number_of(one["training_bytes"]);
    outcome.error = one["error"];
    outcome.events = one["events"];
  }
  return outcomes;
}

}  // namespace lora::cli
