#include "lora/optim/reduce_lr_on_plateau.h"

#include <limits>
#include <string>
#include <vector>

#include "lora/core/error.h"
#include "support/catch.h"

using namespace lora;

namespace {

ScheduleOptions plateau(Index patience, double factor, double min_lr = 0) {
  ScheduleOptions options;
  options.lr = 1;
  options.patience = patience;
  options.factor = factor;
  options.min_lr = min_lr;
  return options;
}

/// The rate after each figure.
std::vector<double> rates_after(ReduceLrOnPlateau& schedule, const std::vector<double>& figures) {
  std::vector<double> rates;
  for (const double figure : figures) {
    schedule.observe(figure);
    rates.push_back(schedule.rate(0));
  }
  return rates;
}

}  // namespace

TEST_CASE("the rate falls after more bad epochs than the patience", "[optim][schedule]") {
  ReduceLrOnPlateau schedule(plateau(1, 0.5));
  CHECK(schedule.rate(0) == 1);
  CHECK(rates_after(schedule, {4, 4, 4, 4, 4, 3, 3, 2, 2, 2}) ==
        std::vector<double>{1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25, 0.125});
}

TEST_CASE("a figure is better only if it is a ten thousandth below the best", "[optim][schedule]") {
  ReduceLrOnPlateau schedule(plateau(0, 0.5));
  CHECK(rates_after(schedule, {1, 0.99991, 0.99989, 0.9998, 0.9997}) ==
        std::vector<double>{1, 0.5, 0.5, 0.25, 0.25});
}

TEST_CASE("the rate stays at its minimum", "[optim][schedule]") {
  ReduceLrOnPlateau schedule(plateau(0, 0.5, 0.375));
  CHECK(rates_after(schedule, {1, 1, 1, 1}) == std::vector<double>{1, 0.5, 0.375, 0.375});
}

TEST_CASE("a figure that is not a number or infinite is never better", "[optim][schedule]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  ReduceLrOnPlateau schedule(plateau(1, 0.5));
  CHECK(rates_after(schedule, {nan, infinity, 5, nan, 5}) ==
        std::vector<double>{1, 0.5, 0.5, 0.5, 0.25});
}

TEST_CASE("steps alone do not change the rate of a plateau", "[optim][schedule]") {
  const ReduceLrOnPlateau schedule(plateau(0, 0.5));
  for (const Index step : {0, 1, 1000}) CHECK(schedule.rate(step) == 1);
}

TEST_CASE("a factor that does not reduce the rate is refused", "[optim][schedule]") {
  for (const double factor : {0.0, 1.0, -0.5, 2.0}) {
    CAPTURE(factor);
    CHECK_THROWS_AS(ReduceLrOnPlateau(plateau(10, factor)), Error);
  }
  CHECK_THROWS_WITH(ReduceLrOnPlateau(plateau(10, 1)),
                    "a factor of 1 does not reduce the learning rate; it must be above 0 and below "
                    "1, such as 0.1");
}
