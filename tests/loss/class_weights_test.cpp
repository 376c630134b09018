#include "lora/loss/class_weights.h"

#include <cstdint>
#include <vector>

#include "support/catch.h"

using namespace lora;

namespace {

SingleProcess alone;

}  // namespace

TEST_CASE("balanced weights make each class that occurs count the same", "[loss][class_weights]") {
  const std::vector<std::int32_t> labels = {0, 2, 0, 0};
  CHECK(balanced_class_weights(labels, {}, 4, alone) == std::vector<double>{4.0 / 6, 1, 2, 1});
}

TEST_CASE("balanced weights count rows by their weights", "[loss][class_weights]") {
  const std::vector<std::int32_t> labels = {0, 2, 0, 3};
  const std::vector<Real> weights = {1.5, 6, 0.5, 0};
  CHECK(balanced_class_weights(labels, weights, 4, alone) ==
        std::vector<double>{8.0 / 4, 1, 8.0 / 12, 1});
}

TEST_CASE("without rows every class weighs 1", "[loss][class_weights]") {
  CHECK(balanced_class_weights({}, {}, 2, alone) == std::vector<double>{1, 1});
}
