// Plots: what is drawn, and what is left out.
#include "lora/report/svg_plot.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <regex>
#include <string>
#include <vector>

#include "support/catch.h"

using namespace lora;

namespace {

std::size_t count_of(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

/// The points of all lines.
std::vector<std::pair<double, double>> points_of(const std::string& svg) {
  std::vector<std::pair<double, double>> points;
  const std::regex line("points=\"([^\"]*)\"");
  for (std::sregex_iterator it(svg.begin(), svg.end(), line), end; it != end; ++it) {
    const std::string text = (*it)[1];
    const std::regex pair("([0-9.]+),([0-9.]+)");
    for (std::sregex_iterator p(text.begin(), text.end(), pair); p != end; ++p) {
      points.emplace_back(std::stod((*p)[1]), std::stod((*p)[2]));
    }
  }
  return points;
}

Plot plot_with(std::vector<double> x, std::vector<double> y) {
  Plot plot;
  plot.title = "title";
  plot.x_title = "epoch";
  plot.panels = {{"loss", {{"loss", std::move(x), std::move(y)}}, false, true}};
  return plot;
}

bool has_text(const std::string& svg, const std::string& text) {
  return svg.find(">" + text + "</text>") != std::string::npos;
}

}  // namespace

TEST_CASE("a line goes through its points: to the right with x, up with y", "[report][plot]") {
  const auto points = points_of(svg_of(plot_with({1, 2, 3}, {4, 0, 2})));
  REQUIRE(points.size() == 3);
  CHECK(points[1].first - points[0].first == Approx(points[2].first - points[1].first));
  CHECK(points[0].first < points[1].first);
  CHECK(points[0].second < points[2].second);
  CHECK(points[2].second < points[1].second);
  CHECK(points[1].second - points[2].second == Approx(points[2].second - points[0].second));
}

TEST_CASE("one epoch is a dot", "[report][plot]") {
  const std::string svg = svg_of(plot_with({1}, {0.5}));
  CHECK(points_of(svg).empty());
  CHECK(count_of(svg, "<circle") == 1);
  CHECK(has_text(svg, "1"));
}

TEST_CASE("a loss over more than two decades is drawn by its logarithm", "[report][plot]") {
  CHECK(has_text(svg_of(plot_with({1, 2}, {200, 0.5})), "0.5"));
  CHECK_FALSE(has_text(svg_of(plot_with({1, 2}, {40, 0.5})), "0.5"));
  const auto points = points_of(svg_of(plot_with({1, 2, 3}, {1, 100, 10000})));
  REQUIRE(points.size() == 3);
  CHECK(points[0].second - points[1].second == Approx(points[1].second - points[2].second));
  CHECK(points_of(svg_of(plot_with({1, 2}, {1000, 0}))).size() == 2);
}

TEST_CASE("of very many points the ends and the peaks are kept", "[report][plot]") {
  std::vector<double> x;
  std::vector<double> y;
  for (int i = 1; i <= 100000; ++i) {
    x.push_back(i);
    y.push_back(1 + 0.1 * std::sin(0.001 * i));
  }
  y[54321] = 9;
  y[77777] = -3;
  const std::string svg = svg_of(plot_with(x, y));
  CHECK(svg.size() < 50000);
  const auto points = points_of(svg);
  REQUIRE(points.size() > 500);
  const auto whole =
      points_of(svg_of(plot_with({1, 54322, 77778, 100000}, {y.front(), 9, -3, y.back()})));
  for (const auto& point : whole) CHECK(std::ranges::count(points, point) == 1);
  CHECK(std::ranges::is_sorted(points, {}, &std::pair<double, double>::first));
}

TEST_CASE("what is not finite is passed over", "[report][plot]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinite = std::numeric_limits<double>::infinity();
  const std::string svg = svg_of(plot_with({1, 2, 3, 4}, {nan, 2, infinite, 1}));
  CHECK(points_of(svg).size() == 2);
  CHECK(svg.find("nan") == std::string::npos);
  CHECK(svg.find("inf") == std::string::npos);
  const std::string empty = svg_of(plot_with({1}, {nan}));
  CHECK(empty.find("nan") == std::string::npos);
  CHECK(svg_of(Plot()).find("nan") == std::string::npos);
}

TEST_CASE("texts in a plot are escaped", "[report][plot]") {
  Plot plot = plot_with({1, 2}, {1, 2});
  plot.title = "a<b>&\"c\"";
  plot.subtitle = "<i>";
  plot.panels[0].series[0].label = "x<y";
  const std::string svg = svg_of(plot);
  CHECK(count_of(svg, "a&lt;b&gt;&amp;&quot;c&quot;") == 2);
  CHECK(svg.find("<b>") == std::string::npos);
  CHECK(svg.find("<i>") == std::string::npos);
  CHECK(has_text(svg, "x&lt;y"));
}

TEST_CASE("a run's plot has loss, the figure shown for each epoch, and the learning rate",
          "[report][plot]") {
  History history;
  EpochRecord record;
  for (record.epoch = 1; record.epoch < 4; ++record.epoch) {
    record.loss = 1.0 / static_cast<double>(record.epoch);
    record.validation = {{"val_loss", "Val loss", 0.5, false, true},
                         {"val_log_loss", "Val log loss", 0.5, false, false},
                         {"val_accuracy", "Val accuracy", 0.5, true, true}};
    history.on_epoch(record);
  }
  const Plot plot = plot_of(history);
  REQUIRE(plot.panels.size() == 3);
  CHECK(plot.panels[0].series.size() == 2);
  CHECK(plot.panels[0].series[1].label == "val_loss");
  CHECK(plot.panels[1].title == "val_accuracy");
  CHECK(plot.panels[2].title == "lr");
  CHECK(plot_of(History()).panels.empty());
}

TEST_CASE("points have one axis for both, and a line where they are equal", "[report][plot]") {
  Plot plot;
  plot.kind = Plot::Kind::points;
  plot.x_title = "true";
  plot.panels = {{"predicted", {{"y", {0, 10, 5}, {10, 0, 5}}}, false, false}};
  const std::string svg = svg_of(plot);
  std::vector<double> xs;
  const std::regex circle("<circle cx=\"([0-9.]+)\" cy=\"([0-9.]+)\" r=\"2.5\"");
  for (std::sregex_iterator it(svg.begin(), svg.end(), circle), end; it != end; ++it) {
    xs.push_back(std::stod((*it)[1]));
  }
  REQUIRE(xs.size() == 3);
  CHECK(xs[1] - xs[2] == Approx(xs[2] - xs[0]));
}
