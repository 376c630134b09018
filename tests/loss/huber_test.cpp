#include "lora/loss/huber.h"

#include <limits>
#include <vector>

#include "lora/core/error.h"
#include "support/catch.h"

using namespace lora;

TEST_CASE("errors up to delta are squared, larger ones go on as a line", "[loss][huber]") {
  Matrix y(1, 6);
  y << 0, 1, -2, 2.5, -4, 1000;
  const Matrix t = Matrix::Zero(1, 6);
  const std::vector<Real> weights = {3};
  Matrix grad(1, 6);
  MutableView grad_view(grad);
  const LossSum loss =
      HuberLoss(2).evaluate(y, {{}, y, View(t), {}, {}, weights}, &grad_view, Compute());
  CHECK(loss.sum == 3 * (0 + 0.5 + 2 + 3 + 6 + 1998));
  CHECK(loss.weight == 18);
  Matrix expected(1, 6);
  expected << 0, 3, -6, 6, -6, 6;
  CHECK(grad == expected);
}

TEST_CASE("a Huber delta that is no finite number above 0 is refused", "[loss][huber]") {
  CHECK_THROWS_WITH(HuberLoss(0),
                    "the Huber delta is 0; it must be a finite number above 0: the error from "
                    "which on the loss is linear");
  for (const double delta :
       {-1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_THROWS_AS(HuberLoss(delta), Error);
  }
}
