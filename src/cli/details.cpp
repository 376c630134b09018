#include "details.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <tuple>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "columns.h"

namespace lora::cli {

namespace {

using Json = nlohmann::ordered_json;
using Cells = std::vector<std::vector<std::string>>;

// A table of more classes is no longer looked at; their confusions are.
constexpr Index kWidestTable = 20;
constexpr std::size_t kConfusionsShown = 10;

std::string four_digits(double value) {
  return fmt::format("{:.4f}", value);
}

/// Weighted rows may count by parts.
std::string count_text(double count) {
  return fmt::format("{:g}", count);
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

Details::Details(Task task, Index outputs, std::vector<std::string> names)
    : names_(std::move(names)) {
  if (names_.empty()) {
    const Index first = task == Task::classification ? 0 : 1;
    for (Index i = 0; i < outputs; ++i) names_.push_back(std::to_string(first + i));
  }
  if (task == Task::regression) {
    targets_ = std::make_unique<RegressionReport>(outputs);
  } else if (task == Task::classification && Confusion::fits(outputs)) {
    confusion_ = std::make_unique<Confusion>(outputs);
  } else if (task == Task::multilabel) {
    labels_ = std::make_unique<LabelReport>(outputs);
  }
}

std::vector<Metric*> Details::accumulators() {
  if (targets_) return {targets_.get()};
  if (confusion_) return {confusion_.get()};
  if (labels_) return {labels_.get()};
  return {};
}

std::vector<std::string> Details::lines() const {
  if (targets_) return target_lines();
  if (labels_) return label_lines();
  if (!confusion_) return {};
  return static_cast<Index>(names_.size()) <= kWidestTable ? class_lines() : worst_confusions();
}

std::vector<std::string> Details::target_lines() const {
  const std::vector<std::vector<double>> columns = {targets_->mse(), targets_->rmse(),
                                                    targets_->mae(), targets_->r2()};
  Cells cells = {{"target", "MSE", "RMSE", "MAE", "R2"}};
  for (std::size_t i = 0; i < names_.size(); ++i) {
    cells.push_back({names_[i]});
    for (const std::vector<double>& column : columns) {
      cells.back().push_back(four_digits(column[i]));
    }
  }
  if (names_.size() > 1) {
    cells.push_back({"mean"});
    for (const std::vector<double>& column : columns) {
      cells.back().push_back(four_digits(mean_of(column)));
    }
  }
  return aligned(cells);
}

std::vector<std::string> Details::class_lines() const {
  Cells cells = {{"true \\ predicted"}};
  for (const std::string& name : names_) cells[0].push_back(name);
  for (const char* title : {"precision", "recall", "F1"}) cells[0].emplace_back(title);
  const std::vector<ClassFigures> figures = confusion_->figures();
  for (std::size_t actual = 0; actual < names_.size(); ++actual) {
    std::vector<std::string>& row = cells.emplace_back();
    row.push_back(names_[actual]);
    for (std::size_t predicted = 0; predicted < names_.size(); ++predicted) {
      row.push_back(count_text(count(actual, predicted)));
    }
    row.push_back(four_digits(figures[actual].precision));
    row.push_back(four_digits(figures[actual].recall));
    row.push_back(four_digits(figures[actual].f1));
  }
  return aligned(cells);
}

std::vector<std::string> Details::label_lines() const {
  Cells cells = {{"label", "rows", "precision", "recall", "F1"}};
  const std::vector<ClassFigures> figures = labels_->figures();
  for (std::size_t i = 0; i < names_.size(); ++i) {
    cells.push_back({names_[i], count_text(figures[i].support), four_digits(figures[i].precision),
                     four_digits(figures[i].recall), four_digits(figures[i].f1)});
  }
  return aligned(cells);
}

/// The confusions of most rows, one line each.
std::vector<std::string> Details::worst_confusions() const {
  std::vector<std::tuple<double, std::size_t, std::size_t>> found;
  for (std::size_t actual = 0; actual < names_.size(); ++actual) {
    for (std::size_t predicted = 0; predicted < names_.size(); ++predicted) {
      const double rows = count(actual, predicted);
      if (actual != predicted && rows > 0) found.emplace_back(-rows, actual, predicted);
    }
  }
  std::ranges::sort(found);
  found.resize(std::min(found.size(), kConfusionsShown));
  std::vector<std::string> lines = {"most frequent confusions of " + std::to_string(names_.size()) +
                                    " classes"};
  for (const auto& [rows, actual, predicted] : found) {
    lines.push_back(count_text(-rows) + " x " + names_[actual] + " taken for " + names_[predicted]);
  }
  return lines;
}

double Details::count(std::size_t actual, std::size_t predicted) const {
  return confusion_->count(static_cast<Index>(actual), static_cast<Index>(predicted));
}

Json Details::json() const {
  Json json = Json::object();
  if (targets_) {
    const auto mse = targets_->mse();
    const auto rmse = targets_->rmse();
    const auto mae = targets_->mae();
    const auto r2 = targets_->r2();
    for (std::size_t i = 0; i < names_.size(); ++i) {
      json["targets"].push_back({{"name", names_[i]},
                                 {"mse", mse[i]},
                                 {"rmse", rmse[i]},
                                 {"mae", mae[i]},
                                 {"r2", r2[i]}});
    }
  } else if (labels_) {
    const std::vector<ClassFigures> figures = labels_->figures();
    for (std::size_t i = 0; i < names_.size(); ++i) {
      json["labels"].push_back({{"name", names_[i]},
                                {"rows", figures[i].support},
                                {"precision", figures[i].precision},
                                {"recall", figures[i].recall},
                                {"f1", figures[i].f1}});
    }
  } else if (confusion_) {
    json["classes"] = names_;
    for (std::size_t actual = 0; actual < names_.size(); ++actual) {
      Json row = Json::array();
      for (std::size_t predicted = 0; predicted < names_.size(); ++predicted) {
        row.push_back(count(actual, predicted));
      }
      json["confusion"].push_back(row);
    }
  }
  return json;
}

}  // namespace lora::cli
