#include "lora/optim/step_schedule.h"

#include <cmath>
#include <string>
#include <vector>

#include "lora/core/error.h"
#include "support/catch.h"

using namespace lora;

namespace {

/// At learning rate 2, with 4 steps of warm-up unless there are to be others.
ScheduleOptions twelve_steps(Index warmup_steps = 4) {
  ScheduleOptions options;
  options.lr = 2;
  options.total_steps = 12;
  options.warmup_steps = warmup_steps;
  return options;
}

double rate(LrShare share, const ScheduleOptions& options, Index steps) {
  return StepSchedule(share, options).rate(steps);
}

}  // namespace

// Every number here that is compared with == is exact in binary.

TEST_CASE("a warm-up starts with a step at 0 and ends at the learning rate", "[optim][schedule]") {
  for (const LrShare share :
       {constant_with_warmup_share, linear_share, cosine_share, cosine_with_restarts_share,
        polynomial_share, inverse_sqrt_share, warmup_stable_decay_share}) {
    const StepSchedule schedule(share, twelve_steps());
    const std::vector<double> expected = {0, 0.5, 1, 1.5, 2};
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CHECK(schedule.rate(static_cast<Index>(i)) == expected[i]);
    }
    CHECK(StepSchedule(share, twelve_steps(0)).rate(0) == 2);
  }
}

TEST_CASE("linear falls by the same in every step, to 0 after the last", "[optim][schedule]") {
  const StepSchedule schedule(linear_share, twelve_steps());
  for (Index step = 4; step <= 12; ++step) {
    CHECK(schedule.rate(step) == 0.25 * static_cast<double>(12 - step));
  }
  CHECK(schedule.rate(13) == 0);
}

TEST_CASE("cosine is halfway down in the middle and slow at both ends", "[optim][schedule]") {
  ScheduleOptions options = twelve_steps();
  CHECK(rate(cosine_share, options, 8) == Approx(1));
  CHECK(rate(cosine_share, options, 6) == Approx(1 + std::sqrt(0.5)));
  CHECK(rate(cosine_share, options, 10) == Approx(1 - std::sqrt(0.5)));
  options.min_lr = 0.5;
  CHECK(rate(cosine_share, options, 2) == 1);  // the warm-up starts at 0 all the same
  CHECK(rate(cosine_share, options, 8) == Approx(1.25));
  CHECK(rate(cosine_share, options, 12) == 0.5);
}

TEST_CASE("restarts begin at the learning rate again", "[optim][schedule]") {
  ScheduleOptions options = twelve_steps();
  options.cycles = 2;
  options.min_lr = 0.5;
  for (const Index start : {4, 8}) {
    CHECK(rate(cosine_with_restarts_share, options, start) == 2);
    CHECK(rate(cosine_with_restarts_share, options, start + 2) == Approx(1.25));
  }
  CHECK(rate(cosine_with_restarts_share, options, 12) == 0.5);
}

TEST_CASE("a polynomial falls as a power of what is left", "[optim][schedule]") {
  ScheduleOptions options = twelve_steps();
  options.power = 2;
  CHECK(rate(polynomial_share, options, 6) == 1.125);  // 2 · (3/4)²
  CHECK(rate(polynomial_share, options, 8) == 0.5);
  options.min_lr = 1;
  CHECK(rate(polynomial_share, options, 8) == 1.25);  // 1 + 1 · (1/2)²
  CHECK(rate(polynomial_share, options, 12) == 1);
  CHECK(rate(polynomial_share, options, 100) == 1);
}

TEST_CASE("a run that is all warm-up ends where the decay would", "[optim][schedule]") {
  ScheduleOptions options = twelve_steps(12);
  options.min_lr = 0.5;
  CHECK(rate(polynomial_share, options, 11) == Approx(2.0 * 11 / 12));
  CHECK(rate(polynomial_share, options, 12) == 0.5);
  CHECK(rate(linear_share, options, 12) == 0);
}

TEST_CASE("the inverse root halves at four times its warm-up", "[optim][schedule]") {
  CHECK(rate(inverse_sqrt_share, twelve_steps(), 16) == 1);
  CHECK(rate(inverse_sqrt_share, twelve_steps(0), 30000) == 1);  // as with 10000
}

TEST_CASE("a stable phase lies between warm-up and decay", "[optim][schedule]") {
  ScheduleOptions options = twelve_steps();
  options.decay_steps = 4;
  options.min_lr = 1;
  const std::vector<double> expected = {1, 1.25, 1.5, 1.75, 2, 2, 2, 2, 2};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(rate(warmup_stable_decay_share, options, static_cast<Index>(i)) == expected[i]);
  }
  CHECK(rate(warmup_stable_decay_share, options, 10) == Approx(1.5));
  CHECK(rate(warmup_stable_decay_share, options, 12) == 1);
}

TEST_CASE("the decay is a tenth of the run unless told otherwise", "[optim][schedule]") {
  ScheduleOptions options = twelve_steps(0);  // 1.2 steps, rounded up to 2
  CHECK(rate(warmup_stable_decay_share, options, 10) == 2);
  CHECK(rate(warmup_stable_decay_share, options, 11) == Approx(1));
  options.total_steps = 100;
  CHECK(rate(warmup_stable_decay_share, options, 90) == 2);
  CHECK(rate(warmup_stable_decay_share, options, 95) == Approx(1));
}

TEST_CASE("a power that is not above 0 is refused", "[optim][schedule]") {
  ScheduleOptions options = twelve_steps();
  options.power = 0;
  try {
    StepSchedule schedule(polynomial_share, options);
    FAIL("was taken");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK(std::string(error.what()) ==
          "a power of 0 does not bring the learning rate down; it must be above 0, such as 1 or 2");
  }
}
