#include "lora/core/regex.h"

#include <string>

#include "lora/core/error.h"
#include "support/catch.h"

using namespace lora;

TEST_CASE("a regular expression must fit the whole text", "[core][regex]") {
  CHECK(fits_regex("layers\\.[0-3]\\.(q|v)_proj", "layers.2.v_proj"));
  CHECK_FALSE(fits_regex("layers\\.[0-3]", "layers.2.v_proj"));
  CHECK(fits_regex("a{2,3}b?", "aaa"));
  CHECK(fits_regex(".*", ""));
}

TEST_CASE("an expression that could be tried in endless ways takes no longer", "[core][regex]") {
  CHECK_FALSE(fits_regex("(a*)*(a*)*b", std::string(2000, 'a')));
}

TEST_CASE("what is no expression, or a vast one, is refused", "[core][regex]") {
  for (const std::string expression :
       {"(", "a{", "[z-a]", "(a)\\1", "a{99999}", "((a{99}){99}){99}", "a{1,99999}",
        "a{222222222222222222222222222222222}", "(a)\\222222222222222222222222", "}{9999999999}"}) {
    CAPTURE(expression);
    CHECK_THROWS_AS(fits_regex(expression, "a"), Error);
  }
  CHECK_THROWS_AS(fits_regex(std::string(1001, 'a'), "a"), Error);
}
