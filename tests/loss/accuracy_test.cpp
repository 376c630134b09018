#include "lora/loss/accuracy.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "support/catch.h"
#include "support/golden.h"

using namespace lora;

namespace {

struct Row {
  std::vector<float> output;
  std::int32_t label;
  bool hit;
};

const std::vector<Row> kRows = {
    {{1, 3, 2}, 1, true},     {{1, 3, 2}, 2, false},       {{-1, -3, -2}, 0, true},
    {{2, 2, 2}, 0, true},     {{2, 2, 2}, 1, false},       {{1, 5, 5}, 1, true},
    {{1, 5, 5}, 2, false},    {{0, -1, 0}, 0, true},       {{0, -1, 0}, 2, false},
    {{1e-8F, 0, 0}, 0, true}, {{-3, -3e38F, -2}, 2, true},
};

void add(Metric& metric, const std::vector<Row>& rows, const std::vector<Real>& weights = {}) {
  Matrix output(static_cast<Index>(rows.size()), 3);
  std::vector<std::int32_t> labels;
  for (const Row& row : rows) {
    output.row(static_cast<Index>(labels.size())) = test::matrix_of(row.output, 1, 3);
    labels.push_back(row.label);
  }
  metric.add(output, {{}, output, {}, labels, {}, weights});
}

}  // namespace

TEST_CASE("a row is a hit if its label has the largest output, the first of equal ones",
          "[loss][accuracy]") {
  for (const Row& row : kRows) {
    INFO(row.output[0] << " " << row.output[1] << " " << row.output[2] << ", label " << row.label);
    Accuracy accuracy;
    add(accuracy, {row});
    CHECK(accuracy.result() == (row.hit ? 1 : 0));
  }
}

TEST_CASE("the first of equal outputs counts in wide rows too", "[loss][accuracy]") {
  Matrix output = Matrix::Zero(1, 100);
  output(0, 37) = output(0, 41) = output(0, 90) = 1;
  for (const std::int32_t label : {0, 37, 41, 90}) {
    const std::vector<std::int32_t> labels = {label};
    Accuracy accuracy;
    accuracy.add(output, {{}, output, {}, labels, {}});
    CHECK(accuracy.result() == (label == 37 ? 1 : 0));
  }
}

TEST_CASE("accuracy is the share of hits over all batches since it was reset", "[loss][accuracy]") {
  Accuracy accuracy;
  CHECK(std::isnan(accuracy.result()));
  add(accuracy, {kRows[0], kRows[1], kRows[2]});
  add(accuracy, {kRows[4]});
  CHECK(accuracy.result() == 0.5);
  accuracy.reset();
  CHECK(std::isnan(accuracy.result()));
  add(accuracy, {kRows[1]});
  CHECK(accuracy.result() == 0);
}

TEST_CASE("accuracy counts a row as often as its weight says", "[loss][accuracy]") {
  Accuracy accuracy;
  add(accuracy, {kRows[0], kRows[1], kRows[2]}, {3, 4, 0.5F});
  CHECK(accuracy.result() == 3.5 / 7.5);
  add(accuracy, {kRows[4]});
  CHECK(accuracy.result() == 3.5 / 8.5);
}
