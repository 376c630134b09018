// Plots as SVG: lines or points, in panels below each other.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lora/report/history.h"

namespace lora {

/// Numbers that belong together. What is not finite is passed over.
struct PlotSeries {
  std::string label;
  std::vector<double> x;  ///< ascending, but for points
  std::vector<double> y;
};

struct PlotPanel {
  std::string title;
  std::vector<PlotSeries> series;
  bool from_zero = false;           ///< the axis of y begins at 0, if nothing is below
  bool may_be_logarithmic = false;  ///< it is so if all y are above 0 and span two decades
};

struct Plot {
  enum class Kind {
    lines,   ///< over counts, such as epochs
    points,  ///< x and y have one axis, with a line where they are equal
  };

  Kind kind = Kind::lines;
  std::string title;
  std::string subtitle;
  std::string x_title;
  std::vector<PlotPanel> panels;
  std::optional<double> mark;  ///< a line across all panels at this x
  std::string mark_label;
};

/// One <svg> element on a light background, without the first line of an XML file. The panels have
/// one axis of x. Lines of more points than can be told apart lose those in between, but neither
/// peaks nor ends.
std::string svg_of(const Plot& plot);

/// The same as a file.
std::string svg_file_of(const Plot& plot);

/// Loss, the headline figure of the validation and learning rate over the epochs.
Plot plot_of(const History& history);

}  // namespace lora
