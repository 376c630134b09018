// Axes: where the ticks stand, and what is written at them.
#include "lora/report/axis.h"

#include <cmath>
#include <string>
#include <vector>

#include "support/catch.h"

using namespace lora;

namespace {

std::vector<std::string> labels_of(const Axis& axis) {
  std::vector<std::string> labels;
  for (const Tick& tick : axis.ticks) labels.push_back(tick.label);
  return labels;
}

using Labels = std::vector<std::string>;

}  // namespace

TEST_CASE("ticks of a linear axis are round and reach beyond both ends", "[report][axis]") {
  CHECK(labels_of(linear_axis(0.1, 0.93, 6)) == Labels{"0", "0.2", "0.4", "0.6", "0.8", "1"});
  CHECK(labels_of(linear_axis(-3, 7, 6)) == Labels{"-4", "-2", "0", "2", "4", "6", "8"});
  CHECK(labels_of(linear_axis(173, 243, 6)) == Labels{"160", "180", "200", "220", "240", "260"});
  CHECK(labels_of(linear_axis(0, 0.003, 6)) ==
        Labels{"0", "0.0005", "0.001", "0.0015", "0.002", "0.0025", "0.003"});
}

TEST_CASE("ticks tell close values apart, also very small and large ones", "[report][axis]") {
  CHECK(labels_of(linear_axis(0.30001, 0.30005, 5)) ==
        Labels{"0.30001", "0.30002", "0.30003", "0.30004", "0.30005"});
  CHECK(labels_of(linear_axis(0, 4e-9, 4)) == Labels{"0", "1e-9", "2e-9", "3e-9", "4e-9"});
  CHECK(labels_of(linear_axis(0, 2.5e7, 5)) == Labels{"0", "5e6", "1e7", "1.5e7", "2e7", "2.5e7"});
}

TEST_CASE("an axis of one value has room on both sides", "[report][axis]") {
  for (const double value : {0.0, 0.01, -5.0, 1e-30, 1e30}) {
    const Axis axis = linear_axis(value, value, 6);
    CAPTURE(value, axis.low, axis.high);
    CHECK(axis.low < value);
    CHECK(axis.high > value);
    CHECK(axis.ticks.size() > 2);
    CHECK(axis.ticks.size() < 10);
  }
}

TEST_CASE("counts have whole ticks within the ends", "[report][axis]") {
  CHECK(labels_of(counting_axis(1, 100, 10)) ==
        Labels{"10", "20", "30", "40", "50", "60", "70", "80", "90", "100"});
  CHECK(labels_of(counting_axis(1, 3, 10)) == Labels{"1", "2", "3"});
  CHECK(labels_of(counting_axis(1, 1, 10)) == Labels{"1"});
  CHECK(labels_of(counting_axis(1, 100000, 5)) ==
        Labels{"20000", "40000", "60000", "80000", "100000"});
  CHECK(counting_axis(1, 100, 10).low == 1);
}

TEST_CASE("a logarithmic axis has ticks at 1, 2 and 5, or of many decades at powers of ten",
          "[report][axis]") {
  CHECK(labels_of(logarithmic_axis(0.15, 30, 6)) ==
        Labels{"0.1", "0.2", "0.5", "1", "2", "5", "10", "20", "50"});
  CHECK(labels_of(logarithmic_axis(2e-6, 30, 6)) == Labels{"1e-6", "1e-4", "0.01", "1", "100"});
  CHECK(labels_of(logarithmic_axis(1e-200, 1e200, 6)).size() < 9);
  const Axis axis = logarithmic_axis(0.01, 1, 6);
  CHECK(axis.low == 0.01);
  CHECK(axis.high == 1);
}

TEST_CASE("values stand in proportion, or by their logarithm", "[report][axis]") {
  const Axis linear = linear_axis(0, 10, 5);
  CHECK(linear.place(0) == 0);
  CHECK(linear.place(2.5) == 0.25);
  CHECK(linear.place(10) == 1);
  const Axis logarithmic = logarithmic_axis(0.01, 100, 6);
  CHECK(std::abs(logarithmic.place(0.01)) < 1e-12);
  CHECK(std::abs(logarithmic.place(1) - 0.5) < 1e-12);
  CHECK(std::abs(logarithmic.place(10) - 0.75) < 1e-12);
}
