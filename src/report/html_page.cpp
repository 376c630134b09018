#include "lora/report/html_page.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "lora/report/markup.h"

namespace lora {

namespace {

constexpr std::string_view kStyle = R"(
body { font: 15px/1.45 Helvetica, Arial, sans-serif; color: #222; background: #fff;
       max-width: 62em; margin: 2em auto; padding: 0 1.2em; }
h1 { font-size: 1.5em; overflow-wrap: anywhere; }
h2 { font-size: 1.15em; margin-top: 2em; border-bottom: 1px solid #ddd; }
table { border-collapse: collapse; margin: .6em 0; }
.wide { overflow-x: auto; }
td, th { padding: .16em .7em; text-align: right; font-variant-numeric: tabular-nums;
         vertical-align: top; }
th { border-bottom: 1px solid #999; }
td:first-child, th:first-child, .facts td { text-align: left; }
tbody tr:nth-child(even) { background: #f6f6f6; }
.facts td { overflow-wrap: anywhere; }
.facts td:first-child { color: #555; white-space: nowrap; }
.confusion td, .confusion th { text-align: center; }
.confusion tbody tr { background: none; }
pre { background: #f4f4f4; padding: .8em; overflow-x: auto; white-space: pre-wrap;
      overflow-wrap: anywhere; }
svg { max-width: 100%; height: auto; }
details { margin: .6em 0; }
summary { cursor: pointer; color: #0072B2; }
)";

std::string element(std::string_view tag, const std::string& text) {
  const std::string name(tag);
  return "<" + name + ">" + escaped(text) + "</" + name + ">";
}

/// White for 0, the darkest blue on which black can be read for 1.
std::string shade_of(double share) {
  return " style=\"background: rgba(0, 114, 178, " + decimal(0.65 * share, 3) + ")\"";
}

}  // namespace

void HtmlPage::heading(const std::string& text) {
  body_ += element("h2", text) + "\n";
}

void HtmlPage::paragraph(const std::string& text) {
  body_ += element("p", text) + "\n";
}

void HtmlPage::facts(const std::vector<std::pair<std::string, std::string>>& facts) {
  body_ += "<table class=\"facts\"><tbody>\n";
  for (const auto& [name, value] : facts) {
    body_ += "<tr>" + element("td", name) + element("td", value) + "</tr>\n";
  }
  body_ += "</tbody></table>\n";
}

void HtmlPage::table(const Table& table) {
  body_ += "<div class=\"wide\"><table>\n";
  for (std::size_t i = 0; i < table.size(); ++i) {
    body_ += i == 0 ? "<thead><tr>" : "<tr>";
    for (const std::string& cell : table[i]) body_ += element(i == 0 ? "th" : "td", cell);
    body_ += i == 0 ? "</tr></thead><tbody>\n" : "</tr>\n";
  }
  body_ += "</tbody></table></div>\n";
}

void HtmlPage::confusion(const std::vector<std::string>& names,
                         const std::vector<std::vector<double>>& counts) {
  body_ += "<div class=\"wide\"><table class=\"confusion\">\n<thead><tr>" +
           element("th", "true \\ predicted");
  for (const std::string& name : names) body_ += element("th", name);
  body_ += "</tr></thead><tbody>\n";
  for (std::size_t row = 0; row < counts.size(); ++row) {
    double sum = 0;
    for (const double count : counts[row]) sum += count;
    body_ += "<tr>" + element("td", names[row]);
    for (const double count : counts[row]) {
      body_ += "<td" + shade_of(sum > 0 ? count / sum : 0) + ">" + significant(count, 6) + "</td>";
    }
    body_ += "</tr>\n";
  }
  body_ += "</tbody></table></div>\n";
}

void HtmlPage::code(const std::string& text) {
  body_ += "<pre>" + escaped(text) + "</pre>\n";
}

void HtmlPage::picture(const std::string& svg) {
  body_ += "<p>" + svg + "</p>\n";
}

void HtmlPage::begin_details(const std::string& summary) {
  body_ += "<details>" + element("summary", summary) + "\n";
}

void HtmlPage::end_details() {
  body_ += "</details>\n";
}

std::string HtmlPage::text() const {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" +
         element("title", title_) + "\n<style>" + std::string(kStyle) +
         "</style>\n</head>\n<body>\n" + element("h1", title_) + "\n" + body_ +
         "</body>\n</html>\n";
}

std::string svg_bars(const std::vector<double>& heights) {
  constexpr double kHeight = 60;
  constexpr double kBar = 12;
  constexpr double kGap = 3;
  double highest = 0;
  for (const double height : heights) highest = std::max(highest, height);
  const std::string width = decimal((kBar + kGap) * static_cast<double>(heights.size()), 2);
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"" + width +
                    "\" height=\"" + decimal(kHeight, 0) + "\" viewBox=\"0 0 " + width + " " +
                    decimal(kHeight, 0) + "\" fill=\"#0072B2\">";
  for (std::size_t i = 0; i < heights.size(); ++i) {
    const double height = highest > 0 ? kHeight * heights[i] / highest : 0;
    svg += "<rect x=\"" + decimal((kBar + kGap) * static_cast<double>(i), 2) + "\" y=\"" +
           decimal(kHeight - height, 2) + "\" width=\"" + decimal(kBar, 2) + "\" height=\"" +
           decimal(height, 2) + "\"><title>" + significant(heights[i], 4) + "</title></rect>";
  }
  return svg + "</svg>";
}

}  // namespace lora
