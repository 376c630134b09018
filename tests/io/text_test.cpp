#include "lora/io/text.h"

#include <string>

#include "io/bytes.h"

using namespace lora;
using namespace lora::test;

TEST_CASE("valid UTF-8 is accepted up to the last code point", "[io][text]") {
  for (const std::string text :
       {"", "abc", "é", "€", "😀", "\x7F", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF",
        "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    INFO(text);
    CHECK(find_invalid_utf8(text) == std::string::npos);
  }
}

TEST_CASE("the first byte that is not UTF-8 is found", "[io][text]") {
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

TEST_CASE("text is quoted on one line and not at any length", "[io][text]") {
  CHECK(in_quotes("q_proj.weight") == "'q_proj.weight'");
  CHECK(in_quotes("é😀") == "'é😀'");
  CHECK(in_quotes("a\nb\x1B[31m\x7F") == "'a\\x0Ab\\x1B[31m\\x7F'");
  CHECK(in_quotes(std::string_view("\0\xFF", 2)) == "'\\x00\\xFF'");
  CHECK(in_quotes(std::string(80, 'x')) == "'" + std::string(80, 'x') + "'");
  CHECK(in_quotes(std::string(1000, 'x')) == "'" + std::string(80, 'x') + "…'");
  CHECK(in_quotes(std::string(79, 'x') + "€uro") == "'" + std::string(79, 'x') + "€…'");
}
