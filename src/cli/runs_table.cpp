#include "runs_table.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include <spdlog/fmt/fmt.h>

#include "columns.h"
#include "memory_need.h"
#include "one_run.h"

namespace lora::cli {

namespace {

using Row = std::vector<std::string>;

constexpr const char* kNothing = "-";

bool all_done(const Variants& variants, const std::vector<RunOutcome>& outcomes) {
  return outcomes.size() == variants.options.size() &&
         std::ranges::none_of(outcomes, &RunOutcome::failed);
}

/// Every figure that a run has. One whose kept epoch was not validated has fewer than others.
Figures all_columns(const std::vector<RunOutcome>& outcomes) {
  Figures columns;
  for (const RunOutcome& outcome : outcomes) {
    Figures figures = all_figures(outcome.result);
    if (!outcome.failed() && figures.size() > columns.size()) columns = std::move(figures);
  }
  return columns;
}

std::optional<NamedValue> figure_of(const RunOutcome& outcome, const std::string& name) {
  const Figures figures = all_figures(outcome.result);
  const auto found = std::ranges::find(figures, name, &NamedValue::name);
  return found == figures.end() ? std::nullopt : std::optional(*found);
}

/// The columns that one kind of several runs has and others have not.
struct Columns {
  explicit Columns(const Options& options)
      : run(!options.sweep.empty()),
        rows(options.folds.has_value()),
        parameters(!options.folds),
        memory(options.compare_full) {}

  bool run;
  bool rows;
  bool parameters;
  bool memory;
};

Row header_of(const Variants& variants, const Figures& figures, const Columns& columns) {
  Row row;
  if (columns.run) row.emplace_back("run");
  row.insert(row.end(), variants.keys.begin(), variants.keys.end());
  if (columns.rows) row.emplace_back("rows");
  for (const NamedValue& figure : figures) row.push_back(figure.name);
  row.emplace_back("epoch");
  if (columns.parameters) row.emplace_back("parameters");
  if (columns.memory) row.emplace_back("memory");
  row.emplace_back("seconds");
  return row;
}

Row row_of(const Variants& variants, const RunOutcome& outcome, const Figures& figures,
           const Columns& columns) {
  Row row;
  if (columns.run) row.push_back(std::to_string(outcome.run + 1));
  const std::vector<std::string>& values = variants.values[outcome.run];
  row.insert(row.end(), values.begin(), values.end());
  if (columns.rows) row.push_back(std::to_string(outcome.validation_rows));
  for (const NamedValue& figure : figures) {
    const auto value = outcome.failed() ? std::nullopt : figure_of(outcome, figure.name);
    row.push_back(value ? fmt::format("{:.4f}", value->value) : kNothing);
  }
  row.push_back(outcome.failed() ? kNothing : std::to_string(outcome.result.kept_epoch));
  if (columns.parameters) row.push_back(std::to_string(outcome.counts.trainable));
  if (columns.memory) row.push_back(bytes_text(outcome.training_bytes));
  row.push_back(outcome.failed() ? kNothing : fmt::format("{:.2f}", outcome.seconds));
  if (outcome.failed()) row.push_back(outcome.error);
  return row;
}

Row summary_row(const std::string& name, const Figures& figures) {
  Row row = {name, ""};  // no rows
  for (const NamedValue& figure : figures) row.push_back(fmt::format("{:.4f}", figure.value));
  return row;
}

}  // namespace

std::string compared_figure(const Options& options) {
  if (options.keep_best && *options.keep_best != "none") return *options.keep_best;
  return options.has_validation() ? "val_loss" : "loss";
}

bool is_better(const RunOutcome& a, const RunOutcome& b, const std::string& figure) {
  if (a.failed() || b.failed()) return !a.failed() && b.failed();
  const auto of_a = figure_of(a, figure);
  const auto of_b = figure_of(b, figure);
  const bool a_counts = of_a && !std::isnan(of_a->value);
  const bool b_counts = of_b && !std::isnan(of_b->value);
  if (!a_counts || !b_counts) return a_counts && !b_counts;
  return of_a->higher_is_better ? of_a->value > of_b->value : of_a->value < of_b->value;
}

Figures mean_of(const std::vector<RunOutcome>& outcomes) {
  Figures mean = all_columns(outcomes);
  for (NamedValue& figure : mean) {
    figure.value = 0;
    for (const RunOutcome& outcome : outcomes) {
      const auto value = figure_of(outcome, figure.name);
      figure.value += value ? value->value : std::nan("");
    }
    figure.value /= static_cast<double>(outcomes.size());
  }
  return mean;
}

Figures spread_of(const std::vector<RunOutcome>& outcomes) {
  Figures spread = mean_of(outcomes);
  for (NamedValue& figure : spread) {
    double squares = 0;
    for (const RunOutcome& outcome : outcomes) {
      const auto value = figure_of(outcome, figure.name);
      squares += value ? std::pow(value->value - figure.value, 2) : std::nan("");
    }
    figure.value = std::sqrt(squares / static_cast<double>(outcomes.size() - 1));
  }
  return spread;
}

std::vector<std::string> table_of(const Variants& variants, const std::vector<RunOutcome>& outcomes,
                                  const Options& options) {
  const Columns columns(options);
  const Figures figures = all_columns(outcomes);
  std::vector<std::size_t> order(outcomes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (!options.sweep.empty()) {
    const std::string figure = compared_figure(variants.options.front());
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
      return is_better(outcomes[a], outcomes[b], figure);
    });
  }
  std::vector<Row> rows = {header_of(variants, figures, columns)};
  for (const std::size_t i : order) {
    rows.push_back(row_of(variants, outcomes[i], figures, columns));
  }
  if (options.folds && all_done(variants, outcomes)) {
    rows.push_back(summary_row("mean", mean_of(outcomes)));
    rows.push_back(summary_row("spread", spread_of(outcomes)));
  }
  return aligned(rows);
}

}  // namespace lora::cli
