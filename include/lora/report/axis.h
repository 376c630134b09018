// The axes of plots: ranges with ticks at round numbers.
#pragma once

#include <string>
#include <vector>

namespace lora {

struct Tick {
  double value;
  std::string label;
};

struct Axis {
  double low = 0;
  double high = 1;
  bool logarithmic = false;
  std::vector<Tick> ticks;  ///< ascending, from low to high

  /// Where a value stands: 0 at the low end, 1 at the high one.
  double place(double value) const;
};

/// Ticks at multiples of 1, 2 or 5 times a power of ten, about `most_ticks` at most; low and high
/// are moved outwards to ticks. low <= high, both finite.
Axis linear_axis(double low, double high, int most_ticks);

/// The same for counts: ticks are whole numbers, and the ends stay where they are.
Axis counting_axis(double low, double high, int most_ticks);

/// Ticks at 1, 2 and 5 times powers of ten, or for more than four decades at powers alone. 0 < low.
Axis logarithmic_axis(double low, double high, int most_ticks);

}  // namespace lora
