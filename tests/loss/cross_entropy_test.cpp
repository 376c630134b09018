#include "lora/loss/cross_entropy.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "lora/core/error.h"
#include "support/catch.h"
#include "support/golden.h"

using namespace lora;

namespace {

constexpr float kLargest = 3e38F;
constexpr float kThousandth = 1e-3F;

struct Row {
  std::vector<float> logits;
  std::int32_t label;
  double loss;
  std::vector<double> gradient;
};

const std::vector<Row> kRows = {
    {{0, 0, 0}, 1, std::log(3.0), {1 / 3.0, -2 / 3.0, 1 / 3.0}},
    {{5}, 0, 0, {0}},
    {{1, 3},
     0,
     2 + std::log1p(std::exp(-2.0)),
     {-1 / (1 + std::exp(-2.0)), 1 / (1 + std::exp(-2.0))}},
    // Larger than exp can take.
    {{1000, 0, -1000}, 2, 2000, {1, 0, -1}},
    {{1000, 0, -1000}, 0, 0, {0, 0, 0}},
    {{-1000, -1000}, 0, std::log(2.0), {-0.5, 0.5}},
    {{88.75F, 0}, 1, 88.75, {1, -1}},
    {{-104, 0}, 0, 104, {-1, 1}},
    // As large as a float can be.
    {{kLargest, -kLargest}, 1, 2 * static_cast<double>(kLargest), {1, -1}},
    {{kLargest, -kLargest}, 0, 0, {0, 0}},
    {{kLargest, kLargest}, 1, std::log(2.0), {0.5, -0.5}},
    // Differences of logits are not rounded to float.
    {{20, kThousandth},
     0,
     std::log1p(std::exp(kThousandth - 20.0)),
     {-std::exp(kThousandth - 20.0), std::exp(kThousandth - 20.0)}},
    // Tiny losses are not lost in the 1 of their largest term.
    {{12, 0},
     0,
     std::log1p(std::exp(-12.0)),
     {-1 / (1 + std::exp(12.0)), 1 / (1 + std::exp(12.0))}},
    {{0, 20}, 1, std::log1p(std::exp(-20.0)), {std::exp(-20.0), -std::exp(-20.0)}},
    {{40, 0}, 0, std::exp(-40.0), {-std::exp(-40.0), std::exp(-40.0)}},
    {{80, 0, 0}, 0, 2 * std::exp(-80.0), {-2 * std::exp(-80.0), std::exp(-80.0), std::exp(-80.0)}},
};

}  // namespace

TEST_CASE("cross-entropy neither overflows nor loses what is small", "[loss][cross_entropy]") {
  for (const Row& row : kRows) {
    INFO("logits from " << row.logits.front() << " to " << row.logits.back() << ", label "
                        << row.label);
    const Matrix y = test::matrix_of(row.logits, 1, static_cast<Index>(row.logits.size()));
    const std::vector<std::int32_t> labels = {row.label};
    Matrix grad(1, y.cols());
    MutableView grad_view(grad);
    const LossSum loss = CrossEntropy().evaluate(y, {{}, y, {}, labels, {}}, &grad_view, Compute());
    CHECK(loss.sum == Approx(row.loss).epsilon(1e-12));
    CHECK(loss.weight == 1);
    for (Index j = 0; j < y.cols(); ++j) {
      CHECK(grad(0, j) == Approx(row.gradient[static_cast<std::size_t>(j)]).epsilon(1e-6));
    }
  }
}

TEST_CASE("a logit that is not a number makes the cross-entropy none", "[loss][cross_entropy]") {
  const std::vector<std::int32_t> labels = {0};
  for (Index bad = 0; bad < 3; ++bad) {
    Matrix y = Matrix::Zero(1, 3);
    y(0, bad) = std::numeric_limits<Real>::quiet_NaN();
    CHECK(std::isnan(CrossEntropy().evaluate(y, {{}, y, {}, labels, {}}, nullptr, Compute()).sum));
  }
}

TEST_CASE("class weights that do not fit are refused", "[loss][cross_entropy]") {
  CHECK_THROWS_WITH(
      CrossEntropy({1, -0.5}),
      "the weight of class 1 is -0.5; class weights are finite numbers of at least 0");
  CHECK_THROWS_AS(CrossEntropy({std::numeric_limits<double>::infinity()}), Error);
  CHECK_THROWS_AS(CrossEntropy({std::numeric_limits<double>::quiet_NaN()}), Error);
  const Matrix y = Matrix::Zero(1, 3);
  const std::vector<std::int32_t> labels = {0};
  const Batch batch{{}, y, {}, labels, {}};
  CHECK_THROWS_WITH(CrossEntropy({1, 2}).evaluate(y, batch, nullptr, Compute()),
                    "2 class weights for 3 classes; give one for each class");
}

TEST_CASE("label smoothing gives every class its share of the target", "[loss][cross_entropy]") {
  Matrix y(1, 3);
  y << 2, 0, -1;
  const std::vector<std::int32_t> labels = {1};
  const std::vector<Real> weights = {0.5};
  const double total = std::log(std::exp(2.0) + 1 + std::exp(-1.0));
  const std::vector<double> c = {2, 1.5, 0};
  const std::vector<double> a = {0.3 / 3 * c[0], (0.7 + 0.3 / 3) * c[1], 0};
  Matrix grad(1, 3);
  MutableView grad_view(grad);
  const LossSum loss =
      CrossEntropy(c, 0.3).evaluate(y, {{}, y, {}, labels, {}, weights}, &grad_view, Compute());
  CHECK(loss.sum == Approx(0.5 * (a[0] * (total - 2) + a[1] * total)).epsilon(1e-14));
  CHECK(loss.weight == 0.5 * 1.5);
  for (Index j = 0; j < 3; ++j) {
    const double softmax = std::exp(static_cast<double>(y(0, j)) - total);
    const double expected = 0.5 * ((a[0] + a[1]) * softmax - a[static_cast<std::size_t>(j)]);
    CHECK(grad(0, j) == Approx(expected).epsilon(1e-6));
  }
}

TEST_CASE("label smoothing outside 0 to 1 is refused", "[loss][cross_entropy]") {
  CHECK_THROWS_WITH(CrossEntropy({}, 1.5), "the label smoothing is 1.5; it must be from 0 to 1");
  CHECK_THROWS_AS(CrossEntropy({}, -0.1), Error);
  CHECK_THROWS_AS(CrossEntropy({}, std::numeric_limits<double>::quiet_NaN()), Error);
}
