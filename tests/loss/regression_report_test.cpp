#include "lora/loss/regression_report.h"

#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.h"

using namespace lora;

namespace {

void add(Metric& metric, const Matrix& y, const Matrix& t, const std::vector<Real>& weights = {}) {
  metric.add(y, {{}, y, View(t), {}, {}, weights});
}

}  // namespace

TEST_CASE("a report tells each figure of each target", "[loss][regression_report]") {
  Matrix y(2, 2);
  Matrix t(2, 2);
  y << 1, 10, 4, 30;
  t << 1, 16, 8, 22;
  RegressionReport report(2);
  add(report, y, t);
  CHECK(report.mse() == std::vector<double>{8, 50});
  CHECK(report.rmse() == std::vector<double>{std::sqrt(8.0), std::sqrt(50.0)});
  CHECK(report.mae() == std::vector<double>{2, 7});
  CHECK(report.r2() == std::vector<double>{1 - 16 / 24.5, 1 - 100 / 18.0});
  CHECK(report.result() == 29);
}

TEST_CASE("R2 keeps its digits far from 0", "[loss][regression_report]") {
  // The targets are 1 from their mean, the outputs half of that from the targets.
  for (const Real mean : {Real{0}, Real{2005}, Real{1e6}, Real{-8e6}}) {
    INFO("mean " << mean);
    const Index n = 20000;
    Matrix t = Matrix::Constant(n, 1, mean - 1);
    t.bottomRows(n / 2).setConstant(mean + 1);
    const Matrix y = t.array() + Real{0.5};
    RegressionReport report(1);
    for (Index i = 0; i < n; i += 1000) add(report, y.middleRows(i, 1000), t.middleRows(i, 1000));
    CHECK(report.r2().front() == Approx(0.75).epsilon(1e-12));
  }
}

TEST_CASE("R2 of a constant target says whether it was hit", "[loss][regression_report]") {
  const Matrix t = Matrix::Constant(1000, 1, Real{0.1F});  // sums of it are rounded
  Matrix y = t;
  RegressionReport report(1);
  add(report, y, t);
  CHECK(report.r2().front() == 1);
  y(17, 0) += Real{1e-3F};
  report.reset();
  add(report, y, t);
  CHECK(report.r2().front() == 0);
}

TEST_CASE("an output that is not a number makes every figure none", "[loss][regression_report]") {
  for (const Real second : {Real{2}, Real{3}}) {  // constant targets, and others
    Matrix t = Matrix::Constant(2, 1, 2);
    t(1, 0) = second;
    Matrix y = t;
    y(0, 0) = std::numeric_limits<Real>::quiet_NaN();
    RegressionReport report(1);
    add(report, y, t);
    CHECK(std::isnan(report.mse().front()));
    CHECK(std::isnan(report.rmse().front()));
    CHECK(std::isnan(report.mae().front()));
    CHECK(std::isnan(report.r2().front()));
  }
}

TEST_CASE("variances are not summed about a row of weight 0, or one before a reset",
          "[loss][regression_report]") {
  Matrix t(3, 1);
  t << Real{3e18F}, 1, 3;
  const Matrix y = t.array() - 1;
  RegressionReport weighted(1);
  add(weighted, y, t, {0, 1, 1});
  CHECK(weighted.r2().front() == 0);
  RegressionReport reset(1);
  add(reset, y, t);
  reset.reset();
  add(reset, y.bottomRows(2), t.bottomRows(2));
  CHECK(reset.r2().front() == 0);
}
