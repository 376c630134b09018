// Pages of HTML: what is on them, and that no text can be taken for markup.
#include "lora/report/html_page.h"

#include <string>

#include "support/catch.h"

using namespace lora;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("every text on a page is escaped", "[report][html]") {
  const std::string evil = "<script>\"'&";
  HtmlPage page(evil);
  page.heading(evil);
  page.paragraph(evil);
  page.facts({{evil, evil}});
  page.table({{evil}, {evil}});
  page.confusion({evil}, {{1}});
  page.code(evil);
  page.begin_details(evil);
  page.end_details();
  const std::string text = page.text();
  CHECK_FALSE(has(text, "<script"));
  std::size_t count = 0;
  const std::string good = "&lt;script&gt;&quot;&#39;&amp;";
  for (auto at = text.find(good); at != std::string::npos; at = text.find(good, at + 1)) ++count;
  CHECK(count == 12);
}

TEST_CASE("the parts of a page stand in their order", "[report][html]") {
  HtmlPage page("title");
  page.heading("one");
  page.table({{"name", "value"}, {"a", "1"}});
  page.picture("<svg></svg>");
  const std::string text = page.text();
  CHECK(text.starts_with("<!DOCTYPE html>"));
  CHECK(text.ends_with("</html>\n"));
  CHECK(has(text, "<th>name</th><th>value</th>"));
  CHECK(has(text, "<td>a</td><td>1</td>"));
  CHECK(text.find("<h2>one</h2>") < text.find("<table>"));
  CHECK(text.find("</table>") < text.find("<svg></svg>"));
}

TEST_CASE("a cell of a confusion table is as dark as its share of the row", "[report][html]") {
  HtmlPage page("title");
  page.confusion({"cat", "dog"}, {{3, 1}, {0, 0}});
  const std::string text = page.text();
  CHECK(has(text, "rgba(0, 114, 178, 0.488)\">3<"));
  CHECK(has(text, "rgba(0, 114, 178, 0.163)\">1<"));
  CHECK(has(text, "rgba(0, 114, 178, 0)\">0<"));
}

TEST_CASE("bars are in proportion to the highest", "[report][html]") {
  const std::string bars = svg_bars({4, 1, 0});
  CHECK(has(bars, "height=\"60\"><title>4<"));
  CHECK(has(bars, "height=\"15\"><title>1<"));
  CHECK(has(bars, "height=\"0\"><title>0<"));
  CHECK_FALSE(has(svg_bars({0, 0}), "nan"));
}
