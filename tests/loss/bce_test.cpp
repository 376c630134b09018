#include "lora/loss/bce.h"

#include <cmath>
#include <vector>

#include "support/catch.h"

using namespace lora;

namespace {

struct Row {
  float logit;
  float target;
  double loss;
  double gradient;
};

constexpr float kLargest = 3e38F;

const std::vector<Row> kRows = {
    {0, 0, std::log(2.0), 0.5},
    {0, 1, std::log(2.0), -0.5},
    {0, 0.25F, std::log(2.0), 0.25},
    {2, 1, std::log1p(std::exp(-2.0)), -1 / (1 + std::exp(2.0))},
    {2, 0, 2 + std::log1p(std::exp(-2.0)), 1 / (1 + std::exp(-2.0))},
    {-3, 0.5F, 1.5 + std::log1p(std::exp(-3.0)), 1 / (1 + std::exp(3.0)) - 0.5},
    // What is small is not lost beside a 1.
    {40, 1, std::exp(-40.0), -std::exp(-40.0)},
    {-40, 0, std::exp(-40.0), std::exp(-40.0)},
    // Larger than exp can take, and as large as a float can be.
    {1000, 1, 0, 0},
    {1000, 0, 1000, 1},
    {-1000, 0, 0, 0},
    {-1000, 1, 1000, -1},
    {kLargest, 0, static_cast<double>(kLargest), 1},
    {-kLargest, 1, static_cast<double>(kLargest), -1},
    {kLargest, 1, 0, 0},
};

}  // namespace

TEST_CASE("the cross-entropy of sigmoids neither overflows nor loses what is small",
          "[loss][bce]") {
  for (const Row& row : kRows) {
    INFO("logit " << row.logit << ", target " << row.target);
    const Matrix y = Matrix::Constant(1, 1, row.logit);
    const Matrix t = Matrix::Constant(1, 1, row.target);
    Matrix grad(1, 1);
    MutableView grad_view(grad);
    const LossSum loss =
        BinaryCrossEntropy().evaluate(y, {{}, y, View(t), {}, {}}, &grad_view, Compute());
    CHECK(loss.sum == Approx(row.loss).epsilon(1e-12));
    CHECK(loss.weight == 1);
    CHECK(grad(0, 0) == Approx(row.gradient).epsilon(1e-6));
  }
}

TEST_CASE("each label of a row counts, as often as the row does", "[loss][bce]") {
  const Matrix y = Matrix::Zero(2, 3);
  Matrix t(2, 3);
  t << 1, 0, 1, 0, 0, 0.5;
  const std::vector<Real> weights = {2, 0.5};
  const LossSum loss =
      BinaryCrossEntropy().evaluate(y, {{}, y, View(t), {}, {}, weights}, nullptr, Compute());
  CHECK(loss.sum == Approx(7.5 * std::log(2.0)).epsilon(1e-14));
  CHECK(loss.weight == 7.5);
}
