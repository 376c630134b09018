#include "lora/data/shown_text.h"

#include <string>
#include <vector>

#include "support/catch.h"

using namespace lora;

TEST_CASE("text in a message is short and harmless", "[data][shown_text]") {
  struct Row {
    std::string text;
    std::string expected;
  };
  const std::vector<Row> rows = {
      {"", "''"},
      {"abc", "'abc'"},
      {"Größe", "'Größe'"},
      {"a\tb\nc\rd", "'a\\tb\\nc\\rd'"},
      {"\x1B[2J\x7F", "'\\x1b[2J\\x7f'"},
      {"\xC2\x9B"
       "2J",
       "'\\xc2\\x9b2J'"},  // a control character beyond ASCII
      {"Gr\xF6\xDF"
       "e",
       "'Gr\\xf6\\xdfe'"},  // Latin-1
      {std::string(40, 'x'), "'" + std::string(40, 'x') + "'"},
      {std::string(41, 'x'), "'" + std::string(40, 'x') + "…'"},
      {std::string("a\0b", 3), "'a\\x00b'"},
  };
  for (const Row& row : rows) {
    INFO(row.expected);
    CHECK(shown(row.text) == row.expected);
  }
}

TEST_CASE("text is cut between characters, never within one", "[data][shown_text]") {
  std::string umlauts;
  for (int i = 0; i < 60; ++i) umlauts += "ü";
  const std::string result = shown(umlauts);
  CHECK(is_utf8(result));
  CHECK(result.size() == 40 * 2 + std::string("''…").size());
}

TEST_CASE("UTF-8 is told from other encodings", "[data][shown_text]") {
  for (const char* text :
       {"", "plain", "Größe", "日本語", "\xF0\x9F\x8C\xB1", "\xF4\x8F\xBF\xBF"}) {
    INFO(text);
    CHECK(is_utf8(text));
  }
  const std::vector<std::string> others = {
      "Gr\xF6\xDF"
      "e",                 // Latin-1
      "\xC3",              // cut off
      "\x80",              // a tail without its head
      "\xC0\xAF",          // longer than needed
      "\xE0\x80\xAF",      // longer than needed
      "\xED\xA0\x80",      // half of a UTF-16 pair
      "\xF4\x90\x80\x80",  // beyond Unicode
      "\xFF",
  };
  for (const std::string& text : others) {
    INFO(shown(text));
    CHECK_FALSE(is_utf8(text));
  }
}
