// What holds for every schedule of the table.
#include "lora/optim/schedule.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "lora/core/error.h"
#include "support/catch.h"
#include "support/state.h"

using namespace lora;
using namespace lora::test;

namespace {

/// Options under which each one that a schedule uses can be seen.
ScheduleOptions some_options() {
  ScheduleOptions options;
  options.lr = 0.1;
  options.total_steps = 40;
  options.warmup_steps = 3;
  options.min_lr = 0.001;
  options.cycles = 2;
  options.power = 2;
  options.decay_steps = 10;
  options.patience = 1;
  options.factor = 0.25;
  return options;
}

/// The rates of steps `first` to `last` − 1, with a figure every four steps that is seldom better.
std::vector<double> rates(Schedule& schedule, Index first, Index last) {
  std::vector<double> all;
  for (Index step = first; step < last; ++step) {
    all.push_back(schedule.rate(step));
    if (step % 4 == 3) schedule.observe(step == 19 ? 0.5 : 1 + 0.01 * static_cast<double>(step));
  }
  return all;
}

State state_of(Schedule& schedule) {
  State state;
  StateWriter writer(state);
  schedule.visit_state(writer);
  return state;
}

}  // namespace

TEST_CASE("the schedules are those of the interface", "[optim][schedule]") {
  std::vector<std::string> names;
  for (const ScheduleKind& kind : schedule_kinds()) {
    names.emplace_back(kind.name);
    CHECK(kind.help.size() > 20);
  }
  CHECK(names == std::vector<std::string>{"constant", "constant_with_warmup", "linear", "cosine",
                                          "cosine_with_restarts", "polynomial", "inverse_sqrt",
                                          "warmup_stable_decay", "reduce_lr_on_plateau"});
}

TEST_CASE("no schedule leaves the range from 0 to the learning rate", "[optim][schedule]") {
  for (const ScheduleKind& kind : schedule_kinds()) {
    INFO(kind.name);
    const auto schedule = kind.make(some_options());
    double highest = 0;
    for (const double rate : rates(*schedule, 0, 40)) {
      CHECK(rate >= 0);
      highest = std::max(highest, rate);
    }
    CHECK(highest == 0.1);
  }
}

TEST_CASE("a learning rate of 0 stays 0", "[optim][schedule]") {
  for (const ScheduleKind& kind : schedule_kinds()) {
    INFO(kind.name);
    ScheduleOptions options = some_options();
    options.lr = 0;
    options.min_lr = 0;
    for (const double rate : rates(*kind.make(options), 0, 45)) CHECK(rate == 0);
  }
}

TEST_CASE("every schedule goes on from its written state", "[optim][schedule]") {
  for (const ScheduleKind& kind : schedule_kinds()) {
    const std::vector<double> whole = rates(*kind.make(some_options()), 0, 40);
    bool forgotten = false;
    for (Index step = 0; step < 40; ++step) {
      INFO(kind.name << ", after " << step << " steps");
      const auto first = kind.make(some_options());
      rates(*first, 0, step);
      const State state = state_of(*first);
      const auto second = kind.make(some_options());
      const std::vector<double> rest(whole.begin() + step, whole.end());
      forgotten = forgotten || rates(*second, step, 40) != rest;
      const auto third = kind.make(some_options());
      StateReader reader(state);
      third->visit_state(reader);
      CHECK(rates(*third, step, 40) == rest);
    }
    INFO(kind.name);
    CHECK(forgotten == !state_of(*kind.make(some_options())).numbers.empty());
  }
}

TEST_CASE("a schedule's state carries its name", "[optim][schedule]") {
  for (const ScheduleKind& kind : schedule_kinds()) {
    const State state = state_of(*kind.make(some_options()));
    std::set<std::string> names;
    for (const auto& [name, value] : state.numbers) names.insert(name);
    for (const auto& [name, value] : state.wholes) names.insert(name);
    for (const std::string& name : names) {
      CAPTURE(name);
      CHECK(name.starts_with(std::string(kind.name) + "."));
    }
  }
}

TEST_CASE("the table says which options a schedule uses", "[optim][schedule]") {
  const std::map<std::string, std::vector<std::string>> expected = {
      {"constant", {}},
      {"constant_with_warmup", {"warmup_steps"}},
      {"linear", {"warmup_steps"}},
      {"cosine", {"warmup_steps", "min_lr"}},
      {"cosine_with_restarts", {"warmup_steps", "min_lr", "cycles"}},
      {"polynomial", {"warmup_steps", "min_lr", "power"}},
      {"inverse_sqrt", {"warmup_steps"}},
      {"warmup_stable_decay", {"warmup_steps", "min_lr", "decay_steps"}},
      {"reduce_lr_on_plateau", {"min_lr", "patience", "factor"}},
  };
  std::map<std::string, std::vector<std::string>> used;
  for (const ScheduleKind& kind : schedule_kinds()) {
    used[std::string(kind.name)] = used_options(kind);
  }
  CHECK(used == expected);
}

TEST_CASE("an option changes the rates of exactly the schedules that use it", "[optim][schedule]") {
  const std::map<std::string, void (*)(ScheduleOptions&)> changes = {
      {"warmup_steps", [](ScheduleOptions& o) { o.warmup_steps = 5; }},
      {"min_lr", [](ScheduleOptions& o) { o.min_lr = 0.03; }},
      {"cycles", [](ScheduleOptions& o) { o.cycles = 3; }},
      {"power", [](ScheduleOptions& o) { o.power = 3; }},
      {"decay_steps", [](ScheduleOptions& o) { o.decay_steps = 7; }},
      {"patience", [](ScheduleOptions& o) { o.patience = 2; }},
      {"factor", [](ScheduleOptions& o) { o.factor = 0.5; }},
  };
  for (const ScheduleKind& kind : schedule_kinds()) {
    const std::vector<std::string> used = used_options(kind);
    const std::vector<double> before = rates(*kind.make(some_options()), 0, 40);
    for (const auto& [name, change] : changes) {
      INFO(kind.name << ", " << name);
      ScheduleOptions options = some_options();
      change(options);
      const bool uses = std::ranges::find(used, name) != used.end();
      CHECK((rates(*kind.make(options), 0, 40) != before) == uses);
    }
  }
}

TEST_CASE("a smallest learning rate beyond the learning rate is refused", "[optim][schedule]") {
  for (const ScheduleKind& kind : schedule_kinds()) {
    if (!kind.uses.min_lr) continue;
    INFO(kind.name);
    ScheduleOptions options = some_options();
    options.min_lr = options.lr;
    for (const double rate : rates(*kind.make(options), 3, 40)) CHECK(rate == Approx(0.1));
    for (const double wrong : {0.2, -0.001}) {
      options.min_lr = wrong;
      CHECK_THROWS_AS(kind.make(options), Error);
    }
  }
  ScheduleOptions options = some_options();
  options.min_lr = 0.2;
  try {
    check_min_lr(options);
    FAIL("was taken");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK(std::string(error.what()) ==
          "the smallest learning rate 0.2 must be from 0 to the learning rate 0.1");
  }
}
