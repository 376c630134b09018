#include "lora/loss/contrastive.h"

#include <cmath>
#include <limits>
#include <vector>

#include "lora/core/error.h"
#include "support/catch.h"

using namespace lora;

namespace {

LossSum loss_of(const Matrix& y, double temperature, const std::vector<Real>& weights = {},
                Matrix* grad = nullptr) {
  const Batch batch{{}, y, {}, {}, {}, weights};
  if (grad == nullptr) return Contrastive(temperature).evaluate(y, batch, nullptr, Compute());
  grad->resize(y.rows(), y.cols());
  MutableView grad_view(*grad);
  return Contrastive(temperature).evaluate(y, batch, &grad_view, Compute());
}

}  // namespace

TEST_CASE("a query is told from the other documents by its cosines over the temperature",
          "[loss][contrastive]") {
  // Cosines: 1 and 0 of the first query with its own document and the other, 0.6 and 0.8 of the
  // second with the other and its own.
  Matrix y(4, 2);
  y << 2, 0, 3, 4, 5, 0, 0, 0.5;
  const double first = std::log1p(std::exp(-1 / 0.5));
  const double second = std::log1p(std::exp((0.6 - 0.8) / 0.5));
  const LossSum loss = loss_of(y, 0.5);
  CHECK(loss.sum == Approx(first + second).epsilon(1e-14));
  CHECK(loss.weight == 2);

  const LossSum weighted = loss_of(y, 0.5, {3, 0.5, 100, 100});
  CHECK(weighted.sum == Approx(3 * first + 0.5 * second).epsilon(1e-14));
  CHECK(weighted.weight == 3.5);
  CHECK(loss_of(y, 0.5, {1, 0, 1, 1}).sum == Approx(first).epsilon(1e-14));
}

TEST_CASE("queries and documents turn towards their own and away from others",
          "[loss][contrastive]") {
  Matrix y(4, 2);
  y << 2, 0, 0, 1, 4, 0, 0, 1;  // each query along its document, across the other
  const Real away =
      1 / (1 + std::exp(Real{2})) / Real{0.5};  // from the other, over the temperature
  Matrix grad;
  loss_of(y, 0.5, {}, &grad);
  Matrix expected(4, 2);
  expected << 0, away / 2, away, 0, 0, away / 4, away, 0;
  CHECK((grad - expected).cwiseAbs().maxCoeff() < 1e-6);
}

TEST_CASE("small losses of large scores are not lost", "[loss][contrastive]") {
  Matrix y(4, 2);
  y << 1, 0, -1, 0, 1, 0, -1, 0;
  CHECK(loss_of(y, 0.05).sum == Approx(2 * std::exp(-40.0)).epsilon(1e-12));
}

TEST_CASE("one pair has nothing to be told from", "[loss][contrastive]") {
  Matrix y(2, 2);
  y << 1, 2, -2, 1;
  Matrix grad;
  const LossSum loss = loss_of(y, 0.07, {}, &grad);
  CHECK(loss.sum == 0);
  CHECK(loss.weight == 1);
  CHECK(grad.isZero(0));
}

TEST_CASE("rows that are no pairs, and temperatures that are none, are refused",
          "[loss][contrastive]") {
  CHECK_THROWS_WITH(loss_of(Matrix::Ones(3, 2), 0.07),
                    "3 rows are no pairs; the contrastive loss needs as many documents as queries");
  CHECK_THROWS_WITH(Contrastive(0), "the temperature is 0; it must be a finite number above 0");
  for (const double temperature :
       {-0.07, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_THROWS_AS(Contrastive(temperature), Error);
  }
}

TEST_CASE("an output that is not a number makes the contrastive loss none", "[loss][contrastive]") {
  for (Index row = 0; row < 4; ++row) {
    Matrix y = Matrix::Ones(4, 2);
    y(row, 1) = std::numeric_limits<Real>::quiet_NaN();
    CHECK(std::isnan(loss_of(y, 0.07).sum));
  }
}
