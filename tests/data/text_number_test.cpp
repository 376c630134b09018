#include "lora/data/text_number.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "support/catch.h"

using namespace lora;

TEST_CASE("numbers are read in every usual notation", "[data][text_number]") {
  struct Row {
    std::string cell;
    float value;
  };
  const std::vector<Row> rows = {
      {"0", 0},
      {"-7", -7},
      {"+7", 7},
      {"007", 7},
      {"5.", 5},
      {".5", 0.5F},
      {"-.5", -0.5F},
      {"+.5e1", 5},
      {" \t1.25 ", 1.25F},
      {"1e3", 1000},
      {"1E+3", 1000},
      {"1.5e-3", 0.0015F},
      {"1.000000000000000000e+00", 1},
      {"0.1", 0.1F},
      {"16777217", 16777216},
      {"123456789012345678901234567890", 1.2345679e29F},
      {"3.4028235e38", std::numeric_limits<float>::max()},
      {"1e-40", 1e-40F},
      {"1e-50", 0},
      {"1e-400", 0},
      {"0.00000000000000000000000000000000000000000000000000001", 0},
      {"1e-99999999999999999999", 0},
      {"0e99999999999999999999", 0},
  };
  for (const Row& row : rows) {
    INFO(row.cell);
    const ParsedNumber parsed = parse_number(row.cell);
    CHECK(parsed.fault == NumberFault::none);
    CHECK(parsed.value == row.value);
  }
  CHECK(std::signbit(parse_number("-1e-50").value));
}

TEST_CASE("a cell that is not a finite number is explained", "[data][text_number]") {
  struct Row {
    std::string cell;
    NumberFault fault;
    std::string words;
  };
  const std::vector<Row> rows = {
      {"", NumberFault::empty, "the cell is empty"},
      {" \t ", NumberFault::empty, "the cell is empty"},
      {"NA", NumberFault::missing, "'NA' means a missing value"},
      {"NULL", NumberFault::missing, "'NULL' means a missing value"},
      {"None", NumberFault::missing, "'None' means a missing value"},
      {"#N/A", NumberFault::missing, "'#N/A' means a missing value"},
      {"\\N", NumberFault::missing, "'\\N' means a missing value"},
      {"?", NumberFault::missing, "'?' means a missing value"},
      {"nan", NumberFault::not_a_value, "'nan' is not a number that can be computed with"},
      {"-NaN", NumberFault::not_a_value, "'-NaN'"},
      {"nan(ind)", NumberFault::not_a_value, "'nan(ind)'"},
      {"inf", NumberFault::infinite, "'inf' is infinite"},
      {"+Infinity", NumberFault::infinite, "'+Infinity' is infinite"},
      {"1e39", NumberFault::too_large, "'1e39' is too large for float32, which ends at 3.4e38"},
      {"-3.4028236e38", NumberFault::too_large, "too large"},
      {"1e400", NumberFault::too_large, "too large"},
      {"1e99999999999999999999", NumberFault::too_large, "too large"},
      {std::string(400, '9'), NumberFault::too_large, "too large"},
      {"1,5", NumberFault::decimal_comma, "'1,5' has a decimal comma; write '1.5'"},
      {"-0,5e3", NumberFault::decimal_comma, "write '-0.5e3'"},
      {"1,234.5", NumberFault::thousands, "thousands separators; write '1234.5'"},
      {"1.234,5", NumberFault::thousands, "thousands separators; write '1234.5'"},
      {"1,234,567", NumberFault::thousands, "thousands separators; write '1234567'"},
      {"1_000", NumberFault::underscore, "underscore among its digits; write '1000'"},
      {"0x10", NumberFault::hexadecimal, "'0x10' is hexadecimal"},
      {"-0XfF", NumberFault::hexadecimal, "hexadecimal"},
      {"--5", NumberFault::two_signs, "'--5' has more than one sign"},
      {"+-5", NumberFault::two_signs, "more than one sign"},
      {"1e", NumberFault::exponent, "'1e' has an exponent without digits"},
      {"1.5E-", NumberFault::exponent, "exponent without digits"},
      {"5%", NumberFault::percent, "'5%' is a percentage"},
      {"1 000", NumberFault::several, "'1 000' is more than one number"},
      {"0.5 1.5\t2", NumberFault::several, "more than one number"},
      {"TRUE", NumberFault::truth_value, "'TRUE' is a truth value; write 1 or 0"},
      {"False", NumberFault::truth_value, "truth value"},
      {"abc", NumberFault::text, "'abc' is not a number"},
      {"1abc", NumberFault::text, "'1abc' is not a number"},
      {"5 kg", NumberFault::text, "'5 kg' is not a number"},
      {"1.2.3", NumberFault::text, "'1.2.3' is not a number"},
      {"2020-01-31", NumberFault::text, "is not a number"},
      {"+", NumberFault::text, "'+' is not a number"},
      {"e5", NumberFault::text, "'e5' is not a number"},
      {"0x", NumberFault::text, "'0x' is not a number"},
      {"a\x1B[31m", NumberFault::text, "'a\\x1B[31m' is not a number"},
  };
  for (const Row& row : rows) {
    INFO(row.cell);
    const ParsedNumber parsed = parse_number(row.cell);
    CHECK(parsed.fault == row.fault);
    const std::string sentence = explain(row.fault, row.cell);
    INFO(sentence);
    CHECK(sentence.find(row.words) != std::string::npos);
  }
}

TEST_CASE("only words and truth values do not resemble numbers", "[data][text_number]") {
  for (const char* cell : {"1e39", "1,5", "nan", "NA", "", "0x10", "--5", "1 2"}) {
    INFO(cell);
    CHECK(resembles_number(parse_number(cell).fault));
  }
  for (const char* cell : {"setosa", "TRUE", "2020-01-31", "Na"}) {
    INFO(cell);
    CHECK_FALSE(resembles_number(parse_number(cell).fault));
  }
}
