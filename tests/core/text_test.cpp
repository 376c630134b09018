#include "lora/core/text.h"

#include <string>
#include <string_view>
#include <vector>

#include "support/catch.h"

using namespace lora;

TEST_CASE("valid UTF-8 is accepted up to the last code point", "[core][text]") {
  for (const std::string text :
       {"", "abc", "é", "€", "😀", "\x7F", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF",
        "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    INFO(text);
    CHECK(find_invalid_utf8(text) == std::string::npos);
  }
}

TEST_CASE("the first byte that is not UTF-8 is found", "[core][text]") {
  const struct {
    std::string_view what;
    std::string text;
    std::size_t position;
  } cases[] = {
      {"a lone continuation byte", "ab\x80", 2},
      {"a two-byte form of an ASCII letter", "\xC1\x81", 0},
      {"a three-byte form of a short character", "x\xE0\x9F\xBF", 1},
      {"a four-byte form of a short character", "\xF0\x8F\xBF\xBF", 0},
      {"a surrogate", "\xED\xA0\x80", 0},
      {"beyond U+10FFFF", "\xF4\x90\x80\x80", 0},
      {"a lead byte that never occurs", "\xF5\x80\x80\x80", 0},
      {"0xFF", "é\xFF", 2},
      {"the end within two bytes", "a\xC3", 1},
      {"the end within three bytes", "\xE2\x82", 0},
      {"the end within four bytes", "\xF0\x9F\x98", 0},
      {"a letter within three bytes", "\xE2\x82z", 0},
      {"a letter within four bytes", "\xF0\x9F\x98z", 0},
  };
  for (const auto& test : cases) {
    INFO(test.what);
    CHECK(find_invalid_utf8(test.text) == test.position);
  }
}

TEST_CASE("text in a message is short and harmless", "[core][text]") {
  struct Row {
    std::string text;
    std::string expected;
  };
  const std::vector<Row> rows = {
      {"", "''"},
      {"abc", "'abc'"},
      {"Größe", "'Größe'"},
      {"a\tb\nc\rd", "'a\\tb\\nc\\rd'"},
      {"\x1B[2J\x7F", "'\\x1B[2J\\x7F'"},
      {"\xC2\x9B"
       "2J",
       "'\\xC2\\x9B2J'"},  // a control character beyond ASCII
      {"Gr\xF6\xDF"
       "e",
       "'Gr\\xF6\\xDFe'"},  // Latin-1
      {std::string(60, 'x'), "'" + std::string(60, 'x') + "'"},
      {std::string(61, 'x'), "'" + std::string(60, 'x') + "…'"},
      {std::string("a\0b", 3), "'a\\x00b'"},
  };
  for (const Row& row : rows) {
    INFO(row.expected);
    CHECK(in_quotes(row.text) == row.expected);
  }
}

TEST_CASE("text is cut between characters, never within one", "[core][text]") {
  std::string umlauts;
  for (int i = 0; i < 90; ++i) umlauts += "ü";
  const std::string result = in_quotes(umlauts);
  CHECK(is_utf8(result));
  CHECK(result.size() == 60 * 2 + std::string("''…").size());
}

TEST_CASE("text is printable if a terminal shows it as it is", "[core][text]") {
  for (const std::string_view text : {"", "abc", "Größe, 😀", "\xC2\xA0"}) {
    INFO(text);
    CHECK(is_printable(text));
  }
  for (const std::string_view text : {"a\tb", "\x1B[2J", "\x7F", "\xC2\x9B", "Gr\xF6"}) {
    INFO(in_quotes(text));
    CHECK_FALSE(is_printable(text));
  }
}

TEST_CASE("an ending is the same in capitals, but for letters beyond ASCII", "[core][text]") {
  CHECK(equal_but_for_case("TrUe", "true"));
  CHECK_FALSE(equal_but_for_case("true", "tru"));
  CHECK_FALSE(equal_but_for_case("[", "{"));  // 32 apart, as a capital and its letter are
  CHECK_FALSE(equal_but_for_case("Ü", "ü"));
  CHECK(ends_in("data.CSV", ".csv"));
  CHECK(ends_in(".csv", ".csv"));
  CHECK_FALSE(ends_in("csv", ".csv"));
  CHECK_FALSE(ends_in("data.csv.gz", ".csv"));
}

TEST_CASE("a list in a message has at most eight names", "[core][text]") {
  CHECK(listed_in_quotes({}).empty());
  CHECK(listed_in_quotes({"a", "b\n"}) == "'a', 'b\\n'");
  const std::vector<std::string> names = {"1", "2", "3", "4", "5", "6", "7", "8"};
  CHECK(listed_in_quotes(names) == "'1', '2', '3', '4', '5', '6', '7', '8'");
  std::vector<std::string> more = names;
  more.emplace_back("9");
  CHECK(listed_in_quotes(more) == listed_in_quotes(names) + ", …");
}
