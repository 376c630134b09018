#include "lora/loss/cosine.h"

#include <vector>

#include "support/catch.h"

using namespace lora;

TEST_CASE("the loss of a row is one less its cosine, whatever the lengths", "[loss][cosine]") {
  Matrix y(5, 2);
  Matrix t(5, 2);
  y << 3, 4, 3, 4, 3, 4, 0, 0, 2, 0;
  t << 30, 40, -0.75, -1, 4, -3, 1, 0, 3, 4;
  const std::vector<Real> weights = {1, 2, 4, 8, 16};
  Matrix grad(5, 2);
  MutableView grad_view(grad);
  const LossSum loss =
      CosineDistance().evaluate(y, {{}, y, View(t), {}, {}, weights}, &grad_view, Compute());
  CHECK(loss.sum == Approx(0 + 2 * 2 + 4 * 1 + 8 * 1 + 16 * 0.4).epsilon(1e-14));
  CHECK(loss.weight == 31);
  CHECK(grad.topRows(2).isZero(1e-7F));  // along the target, or against it
  // 4 · −t/(|y||t|) where the cosine is 0.
  CHECK(grad(2, 0) == Approx(-4 * 4 / 25.0).epsilon(1e-6));
  CHECK(grad(2, 1) == Approx(4 * 3 / 25.0).epsilon(1e-6));
  // A vector of zeros is divided by 1e-8.
  CHECK(grad(3, 0) == Approx(-8e8).epsilon(1e-6));
  CHECK(grad(3, 1) == 0);
  // 16 · (cos · y/|y|² − t/(|y||t|)) with cos = 0.6.
  CHECK(grad(4, 0) == Approx(0).margin(1e-6));
  CHECK(grad(4, 1) == Approx(-16 * 0.4).epsilon(1e-6));
}
