#include "sweep.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <sstream>
#include <string_view>

#include "lora/core/error.h"
#include "lora/core/table.h"
#include "lora/core/text.h"

namespace lora::cli {

namespace {

constexpr std::size_t kMostRuns = 10000;

struct Fixed {
  std::string_view name;
  std::string_view reason;
};

constexpr std::array kFixed = {
    Fixed{"adapter", "all runs start from the same"},
    Fixed{"targets", "its commas stand between names"},
    Fixed{"class-weights",
          "its commas stand between weights, and losses of other weights are no "
          "measure for each other"},
    Fixed{"loss", "losses of different kinds are no measure for each other"},
    Fixed{"keep-best", "the runs are compared by it"},
    Fixed{"folds", "one command compares one kind of runs"},
    Fixed{"sweep", "one command compares one kind of runs"},
    Fixed{"compare-full", "one command compares one kind of runs"},
};

[[noreturn]] void refuse(const std::string& part, const std::string& reason) {
  throw Error(ErrorKind::usage, "--sweep ", in_quotes(part), ": ", reason);
}

bool is_recipe(const Setting& setting) {
  return setting.group == kAdapterGroup || setting.group == kOptimisationGroup ||
         setting.name == "seed";
}

bool is_called(const Setting& setting, const std::string& name) {
  return setting.name == name || std::ranges::find(setting.aliases, name) != setting.aliases.end();
}

/// The setting called so, if it can have several values.
const Setting& sweepable(const std::string& part, const std::string& name,
                         const std::vector<Setting>& settings) {
  std::vector<std::string> known;
  for (const Setting& setting : settings) {
    const bool is_option = is_recipe(setting) && (setting.verbs & kTrain) != 0;
    if (!is_called(setting, name)) {
      if (is_option) known.push_back(setting.name);
      continue;
    }
    if (!is_option) {
      refuse(part, "--" + setting.name +
                       " is the same for all runs; options of the adapter and of the optimisation, "
                       "and seed, can be swept");
    }
    const auto fixed = std::ranges::find(kFixed, setting.name, &Fixed::name);
    if (fixed != kFixed.end()) {
      refuse(part, "--" + setting.name + " cannot be swept: " + std::string(fixed->reason));
    }
    if (setting.repeats) refuse(part, "--" + setting.name + " is a list already");
    return setting;
  }
  const std::string near = nearest(name, known);
  refuse(part,
         "unknown option" +
             (near.empty() ? "; options of the adapter and of the optimisation, and seed, can "
                             "be swept"
                           : "; did you mean '" + near + "'?"));
}

SweptOption parse_part(const std::string& part, const std::vector<Setting>& settings) {
  const std::size_t equals = part.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == part.size()) {
    refuse(part,
           "it must be an option and its values, as in 'rank=2,4,8'; a blank goes before the "
           "next option");
  }
  SweptOption option{sweepable(part, part.substr(0, equals), settings).name,
                     split(part.substr(equals + 1), ',')};
  for (auto value = option.values.begin(); value != option.values.end(); ++value) {
    if (value->empty()) refuse(part, "a value is missing");
    if (std::find(option.values.begin(), value, *value) != value) {
      refuse(part, *value + " stands there twice");
    }
  }
  return option;
}

}  // namespace

std::vector<SweptOption> parse_sweep(const std::string& text,
                                     const std::vector<Setting>& settings) {
  std::vector<SweptOption> swept;
  std::istringstream parts(text);
  for (std::string part; parts >> part;) {
    SweptOption option = parse_part(part, settings);
    if (std::ranges::find(swept, option.name, &SweptOption::name) != swept.end()) {
      refuse(part, "--" + option.name + " stands there twice");
    }
    swept.push_back(std::move(option));
  }
  if (swept.empty()) refuse(text, "it must name an option and its values, as in 'rank=2,4,8'");
  return swept;
}

std::vector<std::vector<std::string>> combinations(const std::vector<SweptOption>& swept) {
  std::size_t count = 1;
  for (const SweptOption& option : swept) {
    count *= option.values.size();
    if (count > kMostRuns) {
      throw Error(ErrorKind::usage, "--sweep: more than ", kMostRuns,
                  " runs; fewer options or values are needed");
    }
  }
  std::vector<std::vector<std::string>> all = {{}};
  for (const SweptOption& option : swept) {
    std::vector<std::vector<std::string>> longer;
    longer.reserve(all.size() * option.values.size());
    for (const std::vector<std::string>& before : all) {
      for (const std::string& value : option.values) {
        longer.push_back(before);
        longer.back().push_back(value);
      }
    }
    all = std::move(longer);
  }
  return all;
}

}  // namespace lora::cli
