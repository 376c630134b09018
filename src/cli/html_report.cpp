#include "html_report.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "adapter_spectrum.h"
#include "details.h"
#include "lora/ops/svd.h"
#include "lora/report/html_page.h"
#include "lora/report/markup.h"
#include "repeated_command.h"
#include "scatter.h"
#include "version.h"

namespace lora::cli {

namespace {

using Json = nlohmann::ordered_json;
using Facts = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kWidestConfusion = 60;
constexpr Index kMostBars = 64;

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string figure_text(const Json& value) {
  return value.is_number() ? significant(value.get<double>(), 6) : "-";
}

void add_run(HtmlPage& page, const ReportFacts& facts) {
  const TrainResult& result = facts.result;
  Facts rows;
  for (const auto& [key, name] : {std::pair{"rows", "rows"},
                                  {"pairs", "pairs"},
                                  {"val_rows", "held-out rows"},
                                  {"val_pairs", "held-out pairs"},
                                  {"trainable_parameters", "trainable parameters"},
                                  {"total_parameters", "total parameters"}}) {
    if (facts.start.contains(key)) rows.emplace_back(name, text_of(facts.start[key]));
  }
  rows.emplace_back("epochs, steps", fmt::format("{}, {}", result.epochs, result.steps));
  if (result.interrupted) {
    rows.emplace_back("interrupted", "outputs and adapter are as the last step left them");
  } else {
    rows.emplace_back("kept", fmt::format("epoch {}{}", result.kept_epoch,
                                          result.stopped_early ? "; stopped early" : ""));
  }
  rows.emplace_back("seconds", figure_text(facts.end.value("seconds", Json())));
  page.heading("The run");
  page.facts(rows);
  if (result.epochs == 0) return;
  HtmlPage::Table figures = {{"figure", "value"}, {"loss", significant(result.loss, 6)}};
  for (const NamedValue& figure : result.validation) {
    figures.push_back({figure.name, significant(figure.value, 6)});
  }
  page.heading(result.interrupted ? "Figures of the last whole epoch"
                                  : "Figures of the kept epoch");
  page.table(figures);
}

/// What is known of each output, over the rows that the run is judged by.
struct Judgement {
  Details details;
  std::unique_ptr<Scatter> scatter;  ///< of a regression
};

Judgement judged(Run& run, const Feed& feed) {
  const Index outputs = run.model().out_features();
  std::vector<std::string> names = run.output_names();
  Judgement judgement{Details(run.task, outputs, names), nullptr};
  std::vector<Metric*> accumulators = judgement.details.accumulators();
  if (run.task == Task::regression) {
    for (Index i = std::ssize(names); i < outputs; ++i) names.push_back(std::to_string(i + 1));
    judgement.scatter = std::make_unique<Scatter>(feed.loader.rows(), names);
    accumulators.push_back(judgement.scatter.get());
  }
  run.evaluate(feed, accumulators);
  return judgement;
}

/// Objects with the same keys, one a row.
HtmlPage::Table table_of(const Json& objects) {
  HtmlPage::Table table(1);
  for (const auto& [key, value] : objects.front().items()) table[0].push_back(key);
  for (const Json& object : objects) {
    std::vector<std::string>& row = table.emplace_back();
    for (const auto& [key, value] : object.items()) {
      row.push_back(value.is_string() ? value.get<std::string>() : figure_text(value));
    }
  }
  return table;
}

void add_confusion(HtmlPage& page, const Json& classes, const Json& counts,
                   const Details& details) {
  if (classes.size() <= kWidestConfusion) {
    page.confusion(classes.get<std::vector<std::string>>(),
                   counts.get<std::vector<std::vector<double>>>());
    return;
  }
  std::string lines;
  for (const std::string& line : details.lines()) lines += line + "\n";
  page.code(lines);
}

void add_judgement(HtmlPage& page, Run& run) {
  if (run.task == Task::retrieval) return;
  const std::optional<Feed> validation = run.validation();
  const Judgement judgement = judged(run, validation.value_or(Feed{*run.train_loader, *run.cache}));
  const Json json = judgement.details.json();
  page.heading(validation ? "Outputs for the held-out rows" : "Outputs for the rows of training");
  if (json.contains("confusion")) {
    add_confusion(page, json["classes"], json["confusion"], judgement.details);
  }
  for (const char* key : {"targets", "labels"}) {
    if (json.contains(key)) page.table(table_of(json[key]));
  }
  if (!judgement.scatter) return;
  Plot plot;
  plot.kind = Plot::Kind::points;
  plot.x_title = "true";
  plot.panels = {{"predicted", judgement.scatter->series(), false, false}};
  page.picture(svg_of(plot));
}

std::string values_text(const Eigen::VectorXd& values) {
  std::string text;
  for (Index i = 0; i < std::min(values.size(), kMostBars); ++i) {
    text += (i == 0 ? "" : ", ") + significant(values[i], 4);
  }
  return text + (values.size() > kMostBars ? ", …" : "");
}

void add_layers(HtmlPage& page, Run& run) {
  const std::vector<LayerSpectrum> spectra = spectra_of(run);
  HtmlPage::Table table = {{"layer", "shape", "rank", "‖ΔW‖", "effective rank"}};
  for (const LayerSpectrum& layer : spectra) {
    table.push_back({layer.path, fmt::format("({}, {})", layer.out, layer.in),
                     layer.rank > 0 ? std::to_string(layer.rank) : "-", significant(layer.norm, 4),
                     layer.values.size() > 0 ? decimal(effective_rank(layer.values), 2) : "-"});
  }
  page.heading("The adapted layers");
  page.table(table);
  page.paragraph(
      "ΔW is what the adapter adds to a layer's weight, scale·B·A. The effective rank says over "
      "how many directions it spreads: exp(−Σ p·ln p) for p = σ/Σσ of its singular values σ "
      "(Roy and Vetterli, 2007).");
  if (run.adapter.dora) page.paragraph("What DoRA's magnitudes make of the weight is not in ΔW.");
  for (const LayerSpectrum& layer : spectra) {
    if (layer.values.size() == 0) continue;
    page.begin_details("singular values of " + layer.path);
    const Index bars = std::min(layer.values.size(), kMostBars);
    page.picture(svg_bars({layer.values.begin(), layer.values.begin() + bars}));
    page.paragraph(values_text(layer.values));
    page.end_details();
  }
}

void add_origin(HtmlPage& page, Run& run, const Options& options,
                const std::vector<Setting>& settings, const ReportFacts& facts) {
  page.heading("The same again");
  page.code(repeated_command(options, settings));
  Facts config;
  for (const auto& [key, value] : facts.start["config"].items()) {
    if (!value.is_null()) config.emplace_back(key, text_of(value));
  }
  page.begin_details("all options, as they were resolved");
  page.facts(config);
  page.end_details();
  page.heading("Where it was made");
  page.facts({{"program", "lora-train " + version_number()},
              {"processor", processor_text()},
              {"threads", std::to_string(run.compute.threads)}});
  HtmlPage::Table inputs = {{"input", "file", "hash"}};
  for (const Json& input : facts.start["inputs"]) {
    inputs.push_back(
        {"--" + text_of(input["option"]), text_of(input["path"]), text_of(input["hash"])});
  }
  if (inputs.size() > 1) page.table(inputs);
}

}  // namespace

std::string html_report(Run& run, const Options& options, const std::vector<Setting>& settings,
                        const ReportFacts& facts) {
  HtmlPage page(facts.plot.title);
  page.paragraph(facts.plot.subtitle);
  add_run(page, facts);
  if (!facts.plot.panels.empty()) {
    Plot plot = facts.plot;
    plot.title.clear();
    plot.subtitle.clear();
    page.heading("The epochs");
    page.picture(svg_of(plot));
  }
  add_judgement(page, run);
  add_layers(page, run);
  add_origin(page, run, options, settings, facts);
  return page.text();
}

}  // namespace lora::cli
