#include "lora/report/axis.h"

#include <algorithm>
#include <cmath>

#include "lora/report/markup.h"

namespace lora {

namespace {

constexpr double kNearly = 1e-9;  // of a step: what rounding may do to a tick

/// The least of 1, 2, 5 times a power of ten that is not below `least`.
double round_step(double least) {
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= least * (1 - kNearly)) return factor * power;
  }
  return 10 * power;
}

/// As many digits as tell a tick from its neighbours.
std::string tick_label(double value, double step, double largest) {
  constexpr int kMostDecimals = 6;
  const int exponent = static_cast<int>(std::floor(std::log10(step) + kNearly));
  if (std::abs(value) < step * kNearly) return "0";
  if (largest < 1e6 && -exponent <= kMostDecimals) return decimal(value, std::max(0, -exponent));
  const int own = static_cast<int>(std::floor(std::log10(std::abs(value)) + kNearly));
  return significant(value, std::max(0, own - exponent) + 1);
}

/// The multiples of `step` from low to high.
std::vector<Tick> ticks_between(double low, double high, double step) {
  std::vector<Tick> ticks;
  const double largest = std::max(std::abs(low), std::abs(high));
  const double first = std::ceil(low / step - kNearly);
  const double last = std::floor(high / step + kNearly);
  for (double i = first; i <= last; ++i) {
    ticks.push_back({i * step, tick_label(i * step, step, largest)});
  }
  return ticks;
}

/// Of 1, 2, 5 times ten to the k: the numbers 3k, 3k + 1, 3k + 2.
double of_ladder(double rung) {
  const double decade = std::floor(rung / 3);
  const double within = rung - 3 * decade;
  return std::pow(10.0, decade) * (within == 0 ? 1 : within == 1 ? 2 : 5);
}

/// The highest rung that is not above `value`.
double rung_below(double value) {
  double rung = 3 * std::floor(std::log10(value));
  while (of_ladder(rung + 1) <= value * (1 + kNearly)) ++rung;
  return rung;
}

}  // namespace

double Axis::place(double value) const {
  if (logarithmic) return std::log(value / low) / std::log(high / low);
  return (value - low) / (high - low);
}

Axis linear_axis(double low, double high, int most_ticks) {
  if (!(high - low > std::abs(high) * kNearly)) {
    const double room = high == 0 ? 1 : std::abs(high) * 0.1;
    low -= room;
    high += room;
  }
  const double step = round_step((high - low) / most_ticks);
  Axis axis;
  axis.low = std::floor(low / step + kNearly) * step;
  axis.high = std::ceil(high / step - kNearly) * step;
  axis.ticks = ticks_between(axis.low, axis.high, step);
  return axis;
}

Axis counting_axis(double low, double high, int most_ticks) {
  Axis axis;
  axis.low = low < high ? low : low - 0.5;
  axis.high = low < high ? high : high + 0.5;
  axis.ticks = ticks_between(axis.low, axis.high,
                             std::max(1.0, round_step((axis.high - axis.low) / most_ticks)));
  return axis;
}

Axis logarithmic_axis(double low, double high, int most_ticks) {
  double first = rung_below(low);
  double last = rung_below(high);
  if (of_ladder(last) < high * (1 - kNearly)) ++last;
  double stride = 1;
  if (last - first > 12) {
    stride = 3 * std::ceil((last - first) / 3 / most_ticks);
    first = stride * std::floor(first / stride);
    last = stride * std::ceil(last / stride);
  }
  Axis axis{of_ladder(first), of_ladder(std::max(last, first + stride)), true, {}};
  for (double rung = first; rung <= std::max(last, first + stride); rung += stride) {
    axis.ticks.push_back({of_ladder(rung), significant(of_ladder(rung), 1)});
  }
  return axis;
}

}  // namespace lora
