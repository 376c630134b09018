// Losses and metrics against PyTorch's and scikit-learn's own, from tests/golden/metrics.json.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "lora/core/table.h"
#include "lora/loss/class_weights.h"
#include "lora/loss/confusion.h"
#include "lora/loss/loss.h"
#include "lora/loss/metric.h"
#include "lora/loss/regression_report.h"
#include "support/catch.h"
#include "support/golden.h"
#include "support/matrices.h"

using namespace lora;
using Json = nlohmann::json;

namespace {

/// What a record gives, as a batch.
struct Case {
  explicit Case(const Json& record)
      : n(record.at("n")),
        out(record.at("out")),
        task(record.at("kind") == "regression" ? Task::regression : Task::classification),
        y(test::matrix_of(record.at("outputs"), n, out)) {
    if (task == Task::regression) {
      targets = test::matrix_of(record.at("targets"), n, out);
    } else {
      labels = test::labels_of(record.at("labels"));
    }
    if (record.contains("weights")) record.at("weights").get_to(weights);
    if (record.contains("class_weights")) record.at("class_weights").get_to(options.class_weights);
  }

  Batch batch() const {
    Batch all{{}, y, {}, labels, {}, weights};
    if (task == Task::regression) all.targets.emplace(targets);
    return all;
  }

  Index n;
  Index out;
  Task task;
  Matrix y;
  Matrix targets;
  std::vector<std::int32_t> labels;
  std::vector<Real> weights;
  LossOptions options;
};

/// The number, or what null stands for.
double number_of(const Json& number) {
  return number.is_null() ? std::numeric_limits<double>::quiet_NaN() : number.get<double>();
}

void check_number(double actual, const Json& expected) {
  if (expected.is_null()) {
    CHECK(std::isnan(actual));
  } else {
    CHECK(actual == Approx(number_of(expected)).epsilon(1e-12).margin(1e-300));
  }
}

void check_numbers(const std::string& name, const std::vector<double>& actual,
                   const Json& expected) {
  REQUIRE(actual.size() == expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    INFO(name << ", part " << i);
    check_number(actual[i], expected[i]);
  }
}

void check_report(const Case& given, const Json& record) {
  RegressionReport report(given.out);
  report.add(given.y, given.batch());
  check_numbers("mse", report.mse(), record.at("mse"));
  check_numbers("rmse", report.rmse(), record.at("rmse"));
  check_numbers("mae", report.mae(), record.at("mae"));
  check_numbers("r2", report.r2(), record.at("r2"));
}

void check_confusion(const Case& given, const Json& record) {
  Confusion confusion(given.out);
  confusion.add(given.y, given.batch());
  check_number(confusion.result(), record.at("accuracy"));
  const std::vector<ClassFigures> figures = confusion.figures();
  for (Index label = 0; label < given.out; ++label) {
    INFO("class " << label);
    const auto i = static_cast<std::size_t>(label);
    for (Index predicted = 0; predicted < given.out; ++predicted) {
      const auto at = static_cast<std::size_t>(label * given.out + predicted);
      check_number(confusion.count(label, predicted), record.at("confusion").at(at));
    }
    check_number(figures[i].precision, record.at("precision").at(i));
    check_number(figures[i].recall, record.at("recall").at(i));
    check_number(figures[i].f1, record.at("f1").at(i));
    check_number(figures[i].support, record.at("support").at(i));
  }
}

}  // namespace

TEST_CASE("weighted losses and their gradients are PyTorch's", "[loss][golden]") {
  for (const Json& record : test::golden("metrics.json")) {
    INFO(record.at("name"));
    const Case given(record);
    const char* name = given.task == Task::regression ? "mse" : "cross_entropy";
    const auto loss = find_entry(loss_kinds(), "loss", name).make(given.options);
    Matrix grad(given.n, given.out);
    MutableView grad_view(grad);
    const LossSum sum = loss->evaluate(given.y, given.batch(), &grad_view, Compute());
    check_number(sum.sum, record.at("loss_sum"));
    check_number(sum.weight, record.at("loss_weight"));
    if (!record.contains("gradient")) continue;
    const Matrix expected = test::matrix_of(record.at("gradient"), given.n, given.out);
    CHECK(test::relative_error(grad, expected) < 1e-6);
  }
}

TEST_CASE("metrics are scikit-learn's", "[loss][golden]") {
  for (const Json& record : test::golden("metrics.json")) {
    INFO(record.at("name"));
    const Case given(record);
    for (const ReportedMetric& reported : make_metrics(given.task, given.out)) {
      const std::string name(reported.kind->name);
      INFO(name);
      reported.metric->add(given.y, given.batch());
      const bool mean_of_parts = given.task == Task::regression;
      check_number(reported.metric->result(), record.at(mean_of_parts ? "mean_" + name : name));
      if (mean_of_parts) check_numbers(name, reported.metric->parts(), record.at(name));
      if (name == "macro_f1") check_numbers(name, reported.metric->parts(), record.at("f1"));
    }
  }
}

TEST_CASE("final tables are scikit-learn's", "[loss][golden]") {
  for (const Json& record : test::golden("metrics.json")) {
    INFO(record.at("name"));
    const Case given(record);
    if (given.task == Task::regression) {
      check_report(given, record);
    } else {
      check_confusion(given, record);
    }
  }
}

TEST_CASE("balanced class weights are scikit-learn's", "[loss][golden]") {
  SingleProcess alone;
  for (const Json& record : test::golden("metrics.json")) {
    INFO(record.at("name"));
    const Case given(record);
    if (given.task == Task::regression) continue;
    check_numbers("weight", balanced_class_weights(given.labels, given.weights, given.out, alone),
                  record.at("balanced"));
  }
}
