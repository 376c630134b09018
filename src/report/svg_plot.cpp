#include "lora/report/svg_plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string_view>

#include "lora/loss/metric.h"
#include "lora/report/axis.h"
#include "lora/report/markup.h"

namespace lora {

namespace {

constexpr double kWidth = 860;
constexpr double kLeft = 74;
constexpr double kRight = 30;
constexpr double kPlotWidth = kWidth - kLeft - kRight;
constexpr double kLineHeight = 20;
constexpr double kPanelGap = 18;
constexpr double kBottom = 52;         // for the labels of x
constexpr double kCharacter = 6.8;     // wide, about, of the legend's text
constexpr std::size_t kBuckets = 400;  // along x; a line has four points in each at most
constexpr std::size_t kDotted = 40;    // a line of up to so many points shows each

// Okabe and Ito's colours, which colour-blind people can tell apart, without their yellow.
constexpr std::array<std::string_view, 7> kColors = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                     "#E69F00", "#56B4E9", "#333333"};
constexpr std::array<std::string_view, 4> kDashes = {"", "7 4", "2 3", "9 3 2 3"};

std::string color_of(std::size_t series) {
  return std::string(kColors[series % kColors.size()]);
}

/// Of a line: after all colours come dashes.
std::string stroke_of(std::size_t series) {
  const std::string_view dashes = kDashes[series / kColors.size() % kDashes.size()];
  return " stroke=\"" + color_of(series) + "\"" +
         (dashes.empty() ? "" : " stroke-dasharray=\"" + std::string(dashes) + "\"");
}

std::string number(double value) {
  return decimal(value, 2);
}

std::string attribute(std::string_view name, double value) {
  return " " + std::string(name) + "=\"" + number(value) + "\"";
}

std::string text_at(double x, double y, std::string_view more, std::string_view text) {
  return "<text" + attribute("x", x) + attribute("y", y) + std::string(more) + ">" + escaped(text) +
         "</text>\n";
}

std::string line_between(double x1, double y1, double x2, double y2, std::string_view more) {
  return "<line" + attribute("x1", x1) + attribute("y1", y1) + attribute("x2", x2) +
         attribute("y2", y2) + std::string(more) + "/>\n";
}

/// Characters of UTF-8 text: bytes that do not continue one.
double width_of(const std::string& text) {
  return kCharacter * static_cast<double>(std::ranges::count_if(text, [](char c) {
           return (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
         }));
}

struct Point {
  double x;
  double y;
};

std::vector<Point> finite_points(const PlotSeries& series) {
  std::vector<Point> points;
  for (std::size_t i = 0; i < series.y.size(); ++i) {
    if (std::isfinite(series.x[i]) && std::isfinite(series.y[i])) {
      points.push_back({series.x[i], series.y[i]});
    }
  }
  return points;
}

/// Of each part along x the first, the last, the lowest and the highest.
std::vector<Point> thinned(const std::vector<Point>& points) {
  if (points.size() <= 4 * kBuckets) return points;
  std::vector<Point> kept;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    const auto begin = points.begin() + static_cast<Index>(bucket * points.size() / kBuckets);
    const auto end = points.begin() + static_cast<Index>((bucket + 1) * points.size() / kBuckets);
    const auto [low, high] =
        std::minmax_element(begin, end, [](const Point& a, const Point& b) { return a.y < b.y; });
    std::array chosen = {begin, low, high, end - 1};
    std::ranges::sort(chosen);
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      if (i == 0 || chosen[i] != chosen[i - 1]) kept.push_back(*chosen[i]);
    }
  }
  return kept;
}

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool is_empty() const { return low > high; }
};

Range range_of(const PlotPanel& panel, double Point::*coordinate) {
  Range range;
  for (const PlotSeries& series : panel.series) {
    for (const Point& point : finite_points(series)) range.add(point.*coordinate);
  }
  return range;
}

Axis y_axis_of(const PlotPanel& panel) {
  constexpr double kTwoDecades = 100;
  constexpr int kMostTicks = 6;
  Range range = range_of(panel, &Point::y);
  if (range.is_empty()) return linear_axis(0, 1, kMostTicks);
  if (panel.may_be_logarithmic && range.low > 0 && range.high / range.low > kTwoDecades) {
    return logarithmic_axis(range.low, range.high, kMostTicks);
  }
  if (panel.from_zero) range.add(0);
  return linear_axis(range.low, range.high, kMostTicks);
}

/// Where an entry of a legend stands.
struct Entry {
  double x;
  Index row;
};

/// Entries go from left to `right` behind the panel's title, in as many rows as it takes.
std::vector<Entry> legend_of(const PlotPanel& panel, double right) {
  constexpr double kSample = 46;  // the line in front of the text, and the gap behind it
  const double first = kLeft + 1.15 * width_of(panel.title) + 28;
  std::vector<Entry> entries;
  double x = first;
  Index row = 0;
  for (const PlotSeries& series : panel.series) {
    const double width = width_of(series.label) + kSample;
    if (x + width > right && x > first) {
      x = first;
      ++row;
    }
    entries.push_back({x, row});
    x += width;
  }
  return entries;
}

/// Draws one plot from its top to its bottom.
class Drawing {
 public:
  explicit Drawing(const Plot& plot) : plot_(plot) {}

  std::string svg();

 private:
  bool has_points() const { return plot_.kind == Plot::Kind::points; }
  double panel_height() const { return has_points() ? 460 : plot_.panels.size() == 1 ? 340 : 190; }
  double x_of(double value) const { return kLeft + width_ * x_.place(value); }
  double y_of(const Axis& axis, double value) const {
    return top_ + panel_height() * (1 - axis.place(value));
  }

  void find_x_axis();
  void draw_titles();
  void draw_panel(const PlotPanel& panel, bool last);
  void draw_legend(const PlotPanel& panel);
  void draw_axes(const Axis& y, bool last);
  void draw_line(const PlotSeries& series, const Axis& y, std::size_t index);
  void draw_points(const PlotSeries& series, const Axis& y, std::size_t index);
  void draw_mark();

  const Plot& plot_;
  Axis x_;
  double width_ = kPlotWidth;
  double top_ = 0;  // of what comes next; of the panel that is drawn
  std::string body_;
};

void Drawing::find_x_axis() {
  Range range;
  for (const PlotPanel& panel : plot_.panels) {
    for (const auto coordinate : {&Point::x, &Point::y}) {
      if (coordinate == &Point::y && !has_points()) continue;
      const Range own = range_of(panel, coordinate);
      if (own.is_empty()) continue;
      range.add(own.low);
      range.add(own.high);
    }
  }
  if (range.is_empty()) range = {0, 1};
  x_ = has_points() ? linear_axis(range.low, range.high, 8)
                    : counting_axis(range.low, range.high, 10);
  if (has_points()) width_ = panel_height();
}

void Drawing::draw_titles() {
  top_ = 12;
  if (!plot_.title.empty()) {
    top_ += kLineHeight;
    body_ += text_at(kLeft, top_, " font-size=\"16\" font-weight=\"bold\"", plot_.title);
  }
  if (!plot_.subtitle.empty()) {
    top_ += kLineHeight;
    body_ += text_at(kLeft, top_, " fill=\"#555555\"", plot_.subtitle);
  }
}

void Drawing::draw_legend(const PlotPanel& panel) {
  top_ += kPanelGap + 8;
  body_ += text_at(kLeft, top_, " font-weight=\"bold\"", panel.title);
  const std::vector<Entry> entries = legend_of(panel, kLeft + width_);
  // A panel's title that says it all needs no legend.
  const bool needed = panel.series.size() != 1 || panel.series.front().label != panel.title;
  for (std::size_t i = 0; needed && i < entries.size(); ++i) {
    const double y = top_ + kLineHeight * static_cast<double>(entries[i].row);
    if (has_points()) {
      body_ += "<circle" + attribute("cx", entries[i].x + 10) + attribute("cy", y - 4) +
               " r=\"4\" fill=\"" + color_of(i) + "\"/>\n";
    } else {
      body_ += line_between(entries[i].x, y - 4, entries[i].x + 22, y - 4,
                            " stroke-width=\"2\"" + stroke_of(i));
    }
    body_ += text_at(entries[i].x + 27, y, "", panel.series[i].label);
  }
  if (needed && !entries.empty()) top_ += kLineHeight * static_cast<double>(entries.back().row);
  top_ += 8;
}

void Drawing::draw_axes(const Axis& y, bool last) {
  constexpr std::string_view kGrid = " stroke=\"#e3e3e3\"";
  const double bottom = top_ + panel_height();
  for (const Tick& tick : y.ticks) {
    body_ += line_between(kLeft, y_of(y, tick.value), kLeft + width_, y_of(y, tick.value), kGrid);
    body_ += text_at(kLeft - 8, y_of(y, tick.value) + 4, " text-anchor=\"end\"", tick.label);
  }
  for (const Tick& tick : x_.ticks) {
    body_ += line_between(x_of(tick.value), top_, x_of(tick.value), bottom, kGrid);
    if (!last) continue;
    body_ += text_at(x_of(tick.value), bottom + 18, " text-anchor=\"middle\"", tick.label);
  }
  body_ += "<rect" + attribute("x", kLeft) + attribute("y", top_) + attribute("width", width_) +
           attribute("height", panel_height()) + " fill=\"none\" stroke=\"#888888\"/>\n";
  if (last) {
    body_ += text_at(kLeft + width_ / 2, bottom + 38, " text-anchor=\"middle\"", plot_.x_title);
  }
}

void Drawing::draw_line(const PlotSeries& series, const Axis& y, std::size_t index) {
  const std::vector<Point> points = thinned(finite_points(series));
  if (points.size() > 1) {
    body_ += "<polyline fill=\"none\" stroke-width=\"1.6\" stroke-linejoin=\"round\"" +
             stroke_of(index) + " points=\"";
    for (const Point& point : points) {
      body_ += number(x_of(point.x)) + "," + number(y_of(y, point.y)) + " ";
    }
    body_.back() = '"';
    body_ += "/>\n";
  }
  if (points.size() <= kDotted) draw_points(series, y, index);
}

void Drawing::draw_points(const PlotSeries& series, const Axis& y, std::size_t index) {
  body_ +=
      "<g fill=\"" + color_of(index) + "\"" + (has_points() ? " fill-opacity=\"0.5\"" : "") + ">\n";
  for (const Point& point : finite_points(series)) {
    body_ += "<circle" + attribute("cx", x_of(point.x)) + attribute("cy", y_of(y, point.y)) +
             " r=\"2.5\"/>\n";
  }
  body_ += "</g>\n";
}

/// In the panel at top_.
void Drawing::draw_mark() {
  if (!plot_.mark) return;
  const double x = x_of(*plot_.mark);
  body_ += line_between(x, top_, x, top_ + panel_height(),
                        " stroke=\"#666666\" stroke-dasharray=\"4 3\"");
}

void Drawing::draw_panel(const PlotPanel& panel, bool last) {
  draw_legend(panel);
  const Axis y = has_points() ? x_ : y_axis_of(panel);
  draw_axes(y, last);
  draw_mark();
  if (has_points()) {
    body_ += line_between(kLeft, top_ + panel_height(), kLeft + width_, top_,
                          " stroke=\"#666666\" stroke-dasharray=\"4 3\"");
  }
  for (std::size_t i = 0; i < panel.series.size(); ++i) {
    if (has_points()) {
      draw_points(panel.series[i], y, i);
    } else {
      draw_line(panel.series[i], y, i);
    }
  }
  top_ += panel_height();
}

std::string Drawing::svg() {
  find_x_axis();
  draw_titles();
  for (std::size_t i = 0; i < plot_.panels.size(); ++i) {
    draw_panel(plot_.panels[i], i + 1 == plot_.panels.size());
  }
  if (plot_.mark && !plot_.mark_label.empty()) {
    body_ += text_at(kLeft + width_, top_ + 38, " text-anchor=\"end\" fill=\"#555555\"",
                     "- - -  " + plot_.mark_label);
  }
  const double height = top_ + kBottom;
  const double width = has_points() ? kLeft + width_ + kRight : kWidth;
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 " + number(width) +
         " " + number(height) + "\"" + attribute("width", width) + attribute("height", height) +
         " font-family=\"Helvetica, Arial, sans-serif\" font-size=\"12\" "
         "fill=\"#222222\">\n<title>" +
         escaped(plot_.title) +
         "</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n" + body_ + "</svg>\n";
}

PlotSeries series_of(const Curve& curve) {
  return {curve.name, curve.epochs, curve.values};
}

/// The figure of the validation that is shown for each epoch beside its loss.
const Curve* headline_of(const History& history) {
  for (const MetricKind& kind : metric_kinds()) {
    if (!kind.headline) continue;
    const Curve* curve = history.find("val_" + std::string(kind.name));
    if (curve != nullptr) return curve;
  }
  return nullptr;
}

}  // namespace

std::string svg_of(const Plot& plot) {
  return Drawing(plot).svg();
}

std::string svg_file_of(const Plot& plot) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + svg_of(plot);
}

Plot plot_of(const History& history) {
  Plot plot;
  plot.x_title = "epoch";
  PlotPanel losses{"loss", {}, false, true};
  for (const char* name : {"loss", "val_loss"}) {
    if (const Curve* curve = history.find(name)) losses.series.push_back(series_of(*curve));
  }
  if (!losses.series.empty()) plot.panels.push_back(losses);
  if (const Curve* curve = headline_of(history)) {
    plot.panels.push_back({curve->name, {series_of(*curve)}, false, false});
  }
  if (const Curve* curve = history.find("lr")) {
    plot.panels.push_back({"lr", {series_of(*curve)}, true, false});
  }
  return plot;
}

}  // namespace lora
