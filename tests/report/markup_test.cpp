// Text and numbers for SVG and HTML.
#include "lora/report/markup.h"

#include <limits>
#include <string>

#include "support/catch.h"

using namespace lora;

TEST_CASE("what means something to HTML is escaped, in text and in attributes", "[report]") {
  CHECK(escaped("<script>alert(\"x\" & 'y')</script>") ==
        "&lt;script&gt;alert(&quot;x&quot; &amp; &#39;y&#39;)&lt;/script&gt;");
  CHECK(escaped("Größe, 猫") == "Größe, 猫");
  CHECK(escaped("two\nlines\t") == "two\nlines\t");
  CHECK(escaped("").empty());
}

TEST_CASE("what no XML may hold is replaced", "[report]") {
  CHECK(escaped(std::string("a\0b\x1b[1m", 7)) ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD[1m");
  CHECK(escaped("latin \xE4 one") == "latin \xEF\xBF\xBD one");
  CHECK(escaped("cut \xC3") == "cut \xEF\xBF\xBD");
}

TEST_CASE("numbers are as short as they can be", "[report]") {
  CHECK(decimal(1.5, 2) == "1.5");
  CHECK(decimal(100, 2) == "100");
  CHECK(decimal(-0.001, 2) == "0");
  CHECK(decimal(2.346, 2) == "2.35");
  CHECK(significant(0.0123456, 3) == "0.0123");
  CHECK(significant(2e-5, 3) == "2e-5");
  CHECK(significant(1234567, 3) == "1.23e6");
  CHECK(significant(123456, 3) == "123456");
  CHECK(significant(0, 3) == "0");
  CHECK(significant(-0.5, 3) == "-0.5");
  CHECK(significant(1e300, 2) == "1e300");
  CHECK(significant(std::numeric_limits<double>::quiet_NaN(), 3) == "-");
}
