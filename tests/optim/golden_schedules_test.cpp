// The schedules against those of transformers and PyTorch: tests/golden/schedules.py made the
// numbers.
#include <cmath>
#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "lora/core/table.h"
#include "lora/optim/schedule.h"
#include "support/catch.h"
#include "support/golden.h"

using namespace lora;
using namespace lora::test;

namespace {

ScheduleOptions options_of(const nlohmann::json& record) {
  return {record["lr"],     record["total_steps"], record["warmup_steps"],       record["min_lr"],
          record["cycles"], record["power"],       Index{record["decay_steps"]}, record["patience"],
          record["factor"]};
}

std::string title_of(nlohmann::json record) {
  record.erase("rates");
  record.erase("figures");
  return record.dump();
}

/// The rates of the steps one after the other, or before the first figure and after each.
std::vector<double> rates_of(Schedule& schedule, const nlohmann::json& record) {
  std::vector<double> rates;
  const std::size_t count = record["rates"].size();
  for (std::size_t i = 0; i < count; ++i) {
    rates.push_back(schedule.rate(static_cast<Index>(i)));
    if (record.contains("figures") && i + 1 < count) schedule.observe(record["figures"][i]);
  }
  return rates;
}

/// Schedules of divisions and square roots alone, which are rounded alike everywhere; a C library
/// may round its cosines and powers in its own way.
bool is_exact(const std::string& schedule) {
  static const std::set<std::string> exact = {"constant", "constant_with_warmup", "linear",
                                              "inverse_sqrt", "reduce_lr_on_plateau"};
  return exact.contains(schedule);
}

}  // namespace

TEST_CASE("every schedule has the rates of transformers and PyTorch", "[optim][schedule][golden]") {
  std::set<std::string> seen;
  for (const nlohmann::json& record : golden("schedules.json")) {
    INFO(title_of(record));
    const std::string name = record["schedule"];
    seen.insert(name);
    const ScheduleOptions options = options_of(record);
    const std::unique_ptr<Schedule> schedule =
        find_entry(schedule_kinds(), "schedule", name).make(options);
    const std::vector<double> rates = rates_of(*schedule, record);
    const double tolerance = is_exact(name) ? 0 : 1e-15 * options.lr;
    REQUIRE(rates.size() > 4);
    for (std::size_t i = 0; i < rates.size(); ++i) {
      INFO("rate " << i);
      CHECK(std::abs(rates[i] - record["rates"][i].get<double>()) <= tolerance);
    }
  }
  const std::vector<std::string> known = names_of(schedule_kinds());
  CHECK(seen == std::set<std::string>(known.begin(), known.end()));
}

TEST_CASE("a warm-up by ratio has as many steps as in transformers", "[optim][schedule][golden]") {
  const nlohmann::json records = golden("warmup_steps.json");
  REQUIRE(records.size() > 10);
  for (const nlohmann::json& record : records) {
    for (std::size_t i = 0; i < record["totals"].size(); ++i) {
      INFO(record["ratio"] << " of " << record["totals"][i]);
      CHECK(share_of_steps(record["ratio"], record["totals"][i]) ==
            record["steps"][i].get<Index>());
    }
  }
}
