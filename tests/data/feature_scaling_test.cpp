#include "lora/data/feature_scaling.h"

#include <vector>

#include "support/catch.h"
#include "support/processes.h"

using namespace lora;

namespace {

SingleProcess alone;

}  // namespace

TEST_CASE("each feature gets mean 0 and population deviation 1", "[data][scaling]") {
  Matrix features(4, 2);
  features << 1, 10, 3, 30, 5, 20, 7, 40;
  const std::vector<Index> rows = {0, 1, 2, 3};
  const FeatureScaling scaling = FeatureScaling::of(features, rows, alone);
  CHECK(scaling.mean == std::vector<double>{4, 25});
  CHECK(scaling.deviation[0] == Approx(2.2360679774997896).epsilon(1e-15));  // √5
  CHECK(scaling.deviation[1] == Approx(11.180339887498949).epsilon(1e-15));  // √125
  scaling.apply(features);
  CHECK(features(0, 0) == Approx(-1.3416407864998738).epsilon(1e-6));
  CHECK(features(3, 1) == Approx(1.3416407864998738).epsilon(1e-6));
  CHECK(scaling.constant_columns().empty());
}

TEST_CASE("only the given rows are measured, but all are scaled", "[data][scaling]") {
  Matrix features(3, 1);
  features << 1, 3, 100;
  const std::vector<Index> rows = {0, 1};
  const FeatureScaling scaling = FeatureScaling::of(features, rows, alone);
  CHECK(scaling.mean[0] == 2);
  CHECK(scaling.deviation[0] == 1);
  scaling.apply(features);
  CHECK(features(2, 0) == 98);
}

TEST_CASE("a constant feature becomes 0, though its mean is not exactly itself",
          "[data][scaling]") {
  Matrix features(1000, 2);
  for (Index row = 0; row < 1000; ++row) features.row(row) << Real(14.62), row % 2 == 0 ? 1 : -1;
  std::vector<Index> rows;
  for (Index row = 0; row < 1000; ++row) rows.push_back(row);
  const FeatureScaling scaling = FeatureScaling::of(features, rows, alone);
  CHECK(scaling.constant_columns() == std::vector<Index>{0});
  scaling.apply(features);
  CHECK(features.col(0).isZero(0));
  CHECK(features(0, 1) == 1);
  Matrix other(1, 2);
  other << 99, 1;
  scaling.apply(other);
  CHECK(other(0, 0) == 0);
}

TEST_CASE("a large mean does not swallow the deviation", "[data][scaling]") {
  Matrix features(2, 1);
  features << 16777214, 16777216;  // neighbours of 2^24 in float32
  const std::vector<Index> rows = {0, 1};
  const FeatureScaling scaling = FeatureScaling::of(features, rows, alone);
  CHECK(scaling.mean[0] == 16777215);
  CHECK(scaling.deviation[0] == 1);
}

TEST_CASE("rows of several processes are scaled as one", "[data][scaling]") {
  Matrix features(5, 2);
  features << 1, 7, 3, 7, 5, 7, 7, 7, -2, 7;
  const std::vector<Index> rows = {0, 1, 2, 3, 4};
  const FeatureScaling whole = FeatureScaling::of(features, rows, alone);
  std::vector<FeatureScaling> parts(3);
  test::run_processes(3, [&](Group& group) {
    const std::vector<std::vector<Index>> own = {{0, 1, 2}, {}, {3, 4}};
    const auto rank = static_cast<std::size_t>(group.rank());
    parts[rank] = FeatureScaling::of(features, own[rank], group);
  });
  for (const FeatureScaling& part : parts) {
    CHECK(part.mean[0] == Approx(2.8).epsilon(1e-15));
    CHECK(part.mean == parts[0].mean);
    CHECK(part.deviation[0] == Approx(whole.deviation[0]).epsilon(1e-15));
    CHECK(part.deviation[1] == 0);
  }
}
