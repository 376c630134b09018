// The optimisers against PyTorch's: tests/golden/optimizers.py made the numbers.
#include <cstdint>
#include <cstdio>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lora/core/table.h"
#include "lora/optim/optimizer.h"
#include "optim/optimizer_listing.h"
#include "support/catch.h"
#include "support/golden.h"
#include "support/golden_training.h"
#include "support/training.h"

using namespace lora;
using namespace lora::test;

namespace {

const OptimizerKind& kind_of(const nlohmann::json& record) {
  return find_entry(optimizer_kinds(), "optimiser", record["optimizer"].get<std::string>());
}

std::optional<double> given(const nlohmann::json& number) {
  if (number.is_null()) return std::nullopt;
  return number.get<double>();
}

OptimizerOptions options_of(const nlohmann::json& record) {
  const OptimizerDefaults& own = kind_of(record).defaults;
  const nlohmann::json& nesterov = record["nesterov"];
  return {given(record["beta1"]), given(record["beta2"]), given(record["eps"]),
          given(record["momentum"]).value_or(own.momentum.value_or(0)),
          nesterov.is_null() ? own.nesterov.value_or(false) : nesterov.get<bool>()};
}

double weight_decay_of(const nlohmann::json& record) {
  return given(record["weight_decay"]).value_or(kind_of(record).defaults.weight_decay);
}

/// The optimiser and its settings.
std::string title_of(const nlohmann::json& record) {
  std::string title = record["optimizer"];
  for (const char* name : {"beta1", "beta2", "eps", "momentum", "nesterov", "weight_decay",
                           "lr_b_ratio", "decay_bias"}) {
    if (record.contains(name) && !record[name].is_null()) {
      title += ", " + std::string(name) + " " + record[name].dump();
    }
  }
  return title;
}

std::string bits_of_list(const nlohmann::json& list) {
  std::string text;
  for (const nlohmann::json& number : list) {
    char bits[16];
    std::snprintf(bits, sizeof bits, " %08x", number.get<std::uint32_t>());
    text += bits;
  }
  return text;
}

/// Checks that every optimiser of the table comes with its own settings and with others.
void check_all_kinds(const nlohmann::json& records) {
  std::set<std::string> own;
  std::set<std::string> others;
  for (const nlohmann::json& record : records) {
    const bool defaults = record["beta1"].is_null() && record["beta2"].is_null() &&
                          record["eps"].is_null() && record["momentum"].is_null() &&
                          record["weight_decay"].is_null();
    (defaults ? own : others).insert(record["optimizer"].get<std::string>());
  }
  for (const OptimizerKind& kind : optimizer_kinds()) {
    INFO(kind.name);
    CHECK(own.contains(std::string(kind.name)));
    CHECK(others.contains(std::string(kind.name)));
  }
}

}  // namespace

TEST_CASE("every optimiser takes PyTorch's steps, to the last bit", "[optim][golden]") {
  const nlohmann::json records = golden("steps.json");
  check_all_kinds(records);
  for (const nlohmann::json& record : records) {
    INFO(title_of(record));
    TwoParameters parameters;
    const auto optimizer =
        parameters.optimizer(kind_of(record), options_of(record), weight_decay_of(record));
    for (int step = 0; step < record["steps"].get<int>(); ++step) {
      parameters.set_gradients(step);
      optimizer->step(record["lr"], kGradientScale);
    }
    CHECK(bits_of(parameters.plain.value) == bits_of_list(record["plain"]));
    CHECK(bits_of(parameters.decayed.value) == bits_of_list(record["decayed"]));
  }
}

TEST_CASE("training goes step by step where PyTorch's optimisers and PEFT's groups go",
          "[optim][golden]") {
  const nlohmann::json records = golden("optimizers.json");
  check_all_kinds(records);
  for (const nlohmann::json& record : records) {
    INFO(title_of(record));
    TrainingOptions options = training_options(record);
    options.optimizer = record["optimizer"];
    options.optimizer_options = options_of(record);
    options.groups = {weight_decay_of(record), record["decay_bias"], record["lr_b_ratio"]};
    Training training = training_of(record, std::move(options));
    std::vector<double> losses;
    for (const LossSum& loss : losses_of_steps(training)) losses.push_back(as_float32(loss));
    REQUIRE(losses.size() == 20);
    check_losses(losses, record["step_losses"]);
    check_close(training.A(), record["A"]);
    check_close(training.B(), record["B"]);
    check_close(training.bias(), record["b"]);
  }
}
