#include "lora/loss/l1.h"

#include <vector>

#include "support/catch.h"

using namespace lora;

TEST_CASE("absolute errors are summed, each with its sign as gradient", "[loss][l1]") {
  Matrix y(2, 3);
  Matrix t(2, 3);
  y << 1, 4, -2, 0.5, 3, 7;
  t << 3, 4, -2.25, 1.5, -3, 5;
  Matrix grad(2, 3);
  MutableView grad_view(grad);
  LossSum loss = L1Loss().evaluate(y, {{}, y, View(t), {}, {}}, &grad_view, Compute());
  CHECK(loss.sum == 2 + 0 + 0.25 + 1 + 6 + 2);
  CHECK(loss.weight == 6);
  Matrix expected(2, 3);
  expected << -1, 0, 1, -1, 1, 1;
  CHECK(grad == expected);

  const std::vector<Real> weights = {4, 0.5};
  loss = L1Loss().evaluate(y, {{}, y, View(t), {}, {}, weights}, &grad_view, Compute());
  CHECK(loss.sum == 4 * 2.25 + 0.5 * 9);
  CHECK(loss.weight == 13.5);
  expected << -4, 0, 4, -0.5, 0.5, 0.5;
  CHECK(grad == expected);
}
