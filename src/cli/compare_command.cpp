#include "compare_command.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "columns.h"
#include "compared_run.h"
#include "exit_code.h"
#include "inputs.h"
#include "lora/core/error.h"
#include "lora/io/atomic_file.h"
#include "lora/report/json_lines.h"
#include "lora/report/svg_plot.h"
#include "standard_output.h"

namespace lora::cli {

namespace {

using Json = nlohmann::ordered_json;
using Cells = std::vector<std::vector<std::string>>;
using Runs = std::vector<ComparedRun>;

constexpr const char* kNothing = "-";

/// Options that say what is written, or how a run is watched, make no other run of it.
bool is_of_interest(const std::string& option, const std::vector<Setting>& settings) {
  const auto setting = std::ranges::find(settings, option, &Setting::name);
  return setting == settings.end() || !only_watches(*setting);
}

void add_new(std::vector<std::string>& names, const std::string& name) {
  if (std::ranges::find(names, name) == names.end()) names.push_back(name);
}

/// The options that not all runs have alike.
std::vector<std::string> differences(const Runs& runs, const std::vector<Setting>& settings) {
  std::vector<std::string> names;
  for (const ComparedRun& run : runs) {
    for (const auto& [key, value] : run.config.items()) {
      const bool same =
          std::ranges::all_of(runs, [&, &key = key, &value = value](const auto& other) {
            return other.config.value(key, Json()) == value;
          });
      if (!same && is_of_interest(key, settings)) add_new(names, key);
    }
  }
  return names;
}

std::string text_of(const Json& value) {
  if (value.is_null()) return kNothing;
  if (value.is_number_float()) return fmt::format("{:g}", value.get<double>());
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// A line of the table: what `text` has of each run.
template <class Text>
void add_row(Cells& cells, const std::string& name, const Runs& runs, Text text) {
  std::vector<std::string>& row = cells.emplace_back(1, name);
  for (const ComparedRun& run : runs) row.push_back(text(run));
}

std::string figure_text(const Figures& figures, const std::string& name) {
  const auto found = std::ranges::find(figures, name, &NamedValue::name);
  return found == figures.end() ? kNothing : fmt::format("{:.4f}", found->value);
}

void add_figures(Cells& cells, const std::string& what, const Runs& runs,
                 Figures ComparedRun::*figures) {
  std::vector<std::string> names;
  for (const ComparedRun& run : runs) {
    for (const NamedValue& figure : run.*figures) add_new(names, figure.name);
  }
  for (const std::string& name : names) {
    add_row(cells, what + name, runs,
            [&](const ComparedRun& run) { return figure_text(run.*figures, name); });
  }
}

void add_best(Cells& cells, const Runs& runs) {
  std::vector<std::string> names;
  for (const ComparedRun& run : runs) {
    for (const NamedValue& figure : run.last) add_new(names, figure.name);
  }
  for (const std::string& name : names) {
    add_row(cells, "best " + name, runs, [&](const ComparedRun& run) -> std::string {
      const Curve* curve = run.history.find(name);
      const auto best = curve == nullptr ? std::nullopt : best_of(*curve);
      return best ? fmt::format("{:.4f} at {:g}", best->value, best->epoch) : kNothing;
    });
  }
}

std::vector<std::string> table_of(const Runs& runs, const std::vector<std::string>& options) {
  Cells cells;
  add_row(cells, "run", runs, [](const ComparedRun& run) { return run.path; });
  for (const std::string& option : options) {
    add_row(cells, option, runs,
            [&](const ComparedRun& run) { return text_of(run.config.value(option, Json())); });
  }
  std::vector<std::string> facts;
  for (const ComparedRun& run : runs) {
    for (const auto& [key, value] : run.facts.items()) {
      // What went well needs no line.
      if (key != "exit_code" || value != kDone) add_new(facts, key);
    }
  }
  for (const std::string& fact : facts) {
    add_row(cells, fact, runs,
            [&](const ComparedRun& run) { return text_of(run.facts.value(fact, Json())); });
  }
  add_figures(cells, "", runs, &ComparedRun::kept);
  add_figures(cells, "last ", runs, &ComparedRun::last);
  add_best(cells, runs);
  return aligned(cells);
}

Json json_of(const Figures& figures) {
  Json object = Json::object();
  for (const NamedValue& figure : figures) object[figure.name] = figure.value;
  return object;
}

Json facts_of(const Runs& runs, const std::vector<std::string>& options) {
  Json facts = {{"differences", options}, {"runs", Json::array()}};
  for (const ComparedRun& run : runs) {
    Json object = {{"run", run.path}, {"config", run.config}};
    object.update(run.facts);
    object["kept"] = json_of(run.kept);
    object["last"] = json_of(run.last);
    object["best"] = Json::object();
    for (const NamedValue& figure : run.last) {
      if (const auto best = best_of(*run.history.find(figure.name))) {
        object["best"][figure.name] = {{"value", best->value}, {"epoch", best->epoch}};
      }
    }
    facts["runs"].push_back(object);
  }
  return facts;
}

/// A run has one colour in all panels.
Plot curves_of(const Runs& runs) {
  Plot plot;
  plot.title = fmt::format("lora-train: {} runs", runs.size());
  plot.x_title = "epoch";
  for (const char* figure : {"loss", "val_loss"}) {
    PlotPanel panel{figure, {}, false, true};
    bool any = false;
    for (const ComparedRun& run : runs) {
      const Curve* curve = run.history.find(figure);
      any = any || curve != nullptr;
      panel.series.push_back(curve == nullptr ? PlotSeries{run.path, {}, {}}
                                              : PlotSeries{run.path, curve->epochs, curve->values});
    }
    if (any) plot.panels.push_back(panel);
  }
  return plot;
}

void check_plot(const Runs& runs, const Options& options) {
  if (options.plot.empty()) return;
  check_outputs("--plot " + options.plot, {options.plot}, options, options.overwrite);
  for (const ComparedRun& run : runs) {
    if (run.history.find("loss") != nullptr) continue;
    throw Error(ErrorKind::usage, "--plot needs the --log files of the runs: ", run.path,
                " has no epochs to be drawn");
  }
}

}  // namespace

int run_compare(Options& options, const std::vector<Setting>& settings) {
  Runs runs;
  for (const std::string& path : options.paths) runs.push_back(read_compared_run(path));
  check_plot(runs, options);
  if (!options.plot.empty()) {
    const std::string svg = svg_file_of(curves_of(runs));
    write_file_atomically(options.plot, std::as_bytes(std::span(svg)));
    spdlog::info("plotted   {}", options.plot);
  }
  const std::vector<std::string> options_that_differ = differences(runs, settings);
  StandardOutput out;
  if (options.json) {
    json_on(out).end(facts_of(runs, options_that_differ), kDone);
    return kDone;
  }
  for (const std::string& line : table_of(runs, options_that_differ)) out.line(line);
  return kDone;
}

}  // namespace lora::cli
