#include "lora/loss/label_accuracy.h"

#include <cmath>
#include <vector>

#include "support/catch.h"

using namespace lora;

TEST_CASE("a label is told right if the logit's sign says what the target says",
          "[loss][label_accuracy]") {
  Matrix y(3, 2);
  Matrix t(3, 2);
  y << 3, -1, 0, 0, -2, 5;
  t << 1, 0.25, 0, 1, 0.5, 0.75;  // right, right; right, wrong; wrong, right
  LabelAccuracy accuracy;
  CHECK(std::isnan(accuracy.result()));
  accuracy.add(y, {{}, y, View(t), {}, {}});
  CHECK(accuracy.result() == 4.0 / 6);
  const std::vector<Real> weights = {0, 3, 1};
  accuracy.add(y, {{}, y, View(t), {}, {}, weights});
  CHECK(accuracy.result() == 8.0 / 14);
  accuracy.reset();
  CHECK(std::isnan(accuracy.result()));
}
