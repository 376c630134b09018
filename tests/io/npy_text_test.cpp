#include "lora/io/npy_text.h"

#include <stdexcept>
#include <vector>

#include "io/bytes.h"
#include "io/npy_file.h"

using namespace lora;
using namespace lora::test;

namespace {

using Texts = std::vector<std::string>;

/// Every element of an array that fits exactly into its memory.
Texts texts_of(std::string_view descr, std::string_view shape, std::string_view data) {
  const std::vector<std::byte> file =
      on_heap(npy_file("'" + std::string(descr) + "'", "False", shape, data));
  const NpyTextArray array = parse_npy_text(file, "y.npy");
  Texts texts;
  for (Index row = 0; row < array.rows; ++row) texts.push_back(npy_text(array, row));
  return texts;
}

std::string refusal_of(std::string_view descr, std::string_view shape, std::string_view data) {
  const std::string message = error_of(ErrorKind::input, [&] { texts_of(descr, shape, data); });
  INFO(message);
  CHECK(message.starts_with("[npy] y.npy: "));
  CHECK_FALSE(contains(message, "\n"));
  return message;
}

}  // namespace

TEST_CASE("text is read in both byte orders, as code points and as bytes", "[io][npy]") {
  // np.array(['cat', 'dög', '', '€😀']) as '<U3', as '>U3', and encoded as UTF-8
  const struct {
    std::string_view descr;
    std::string_view data;
  } cases[] = {
      {"<U3",
       "63000000610000007400000064000000f600000067000000000000000000000000000000ac200000"
       "00f6010000000000"},
      {">U3",
       "00000063000000610000007400000064000000f600000067000000000000000000000000000020ac"
       "0001f60000000000"},
      {"|S7", "6361740000000064c3b66700000000000000000000e282acf09f9880"},
      {"S7", "6361740000000064c3b66700000000000000000000e282acf09f9880"},
      {"a7", "6361740000000064c3b66700000000000000000000e282acf09f9880"},
  };
  const Texts expected = {"cat", "d\xC3\xB6g", "", "\xE2\x82\xAC\xF0\x9F\x98\x80"};
  for (const auto& test : cases) {
    INFO(test.descr);
    CHECK(texts_of(test.descr, "(4,)", from_hex(test.data)) == expected);
    CHECK(texts_of(test.descr, "(4, 1)", from_hex(test.data)) == expected);
  }
  CHECK(texts_of("<U3", "(0,)", "").empty());
}

TEST_CASE("zeros are dropped from the end of a text only", "[io][npy]") {
  CHECK(texts_of("|S4", "(1,)", std::string_view("\0b\0\0", 4)) == Texts{{"\0b", 2}});
}

TEST_CASE("the bounds of every length of UTF-8 are kept", "[io][npy]") {
  for (const auto& [code, text] : std::vector<std::pair<std::uint32_t, std::string>>{
           {0x7F, "\x7F"},
           {0x80, "\xC2\x80"},
           {0x7FF, "\xDF\xBF"},
           {0x800, "\xE0\xA0\x80"},
           {0xD7FF, "\xED\x9F\xBF"},
           {0xE000, "\xEE\x80\x80"},
           {0xFFFF, "\xEF\xBF\xBF"},
           {0x10000, "\xF0\x90\x80\x80"},
           {0x10FFFF, "\xF4\x8F\xBF\xBF"},
       }) {
    INFO(code);
    CHECK(texts_of("<U1", "(1,)", little_endian(code, 4)) == Texts{text});
  }
}

TEST_CASE("what is no character is refused with its row", "[io][npy]") {
  const std::string a = little_endian('a', 4);
  for (const std::uint64_t code : {0xD800U, 0xDFFFU, 0x110000U, 0xFFFFFFFFU}) {
    INFO(code);
    CHECK(contains(refusal_of("<U1", "(3,)", a + a + little_endian(code, 4)),
                   "row 2 (the first is 0) has the code point 0x"));
  }
  CHECK(contains(refusal_of("<U1", "(1,)", little_endian(0xD800, 4)), "0xd800, which is no"));
  const std::string latin = refusal_of("|S4", "(2,)", "abcdcaf\xE9");
  CHECK(contains(latin, R"(row 1 (the first is 0) is not UTF-8: 'caf\xE9')"));
  CHECK(contains(latin, "np.char.decode(a, 'latin-1')"));
}

TEST_CASE("only a list of texts is read as one", "[io][npy]") {
  const struct {
    std::string_view descr;
    std::string_view shape;
    std::string data;
    std::string_view reason;
  } cases[] = {
      {"<f4", "(1,)", "1234", "the elements are of type float32, not text such as <U5 or |S5"},
      {"|O", "(1,)", "1234", "of type object, not text"},
      {"|S0", "(1000000000,)", "", "of type text |S0, not text"},
      {"<U536870912", "(0,)", "", "not text such as"},
      {"<U", "(1,)", "1234", "of type text <U, not text"},
      {"<U1x", "(1,)", "1234", "not text such as"},
      {"<U-1", "(1,)", "1234", "not text such as"},
      {"|S2", "()", "ab", "shape () is no list of texts; (rows,) or (rows, 1) would fit"},
      {"|S2", "(1, 2)", "abcd", "shape (1, 2) is no list of texts"},
      {"|S2", "(1, 1, 1)", "ab", "shape (1, 1, 1) is no list of texts"},
      {"|S2", "(2,)", "abc", "(2,) text |S2 takes 4 bytes of data, but the file has 3"},
      {"<U2", "(2,)", std::string(17, 'x'), "takes 16 bytes of data, but 1 more follow"},
      {"<U536870911", "(9223372036854775807,)", "", "does not fit 64 bits"},
  };
  for (const auto& test : cases) {
    const std::string message = refusal_of(test.descr, test.shape, test.data);
    INFO(message);
    INFO(test.reason);
    CHECK(contains(message, test.reason));
  }
}

TEST_CASE("a row that is not there is a fault of the program", "[io][npy]") {
  const std::string file = npy_file("'|S2'", "False", "(2,)", "abcd");
  const NpyTextArray array = parse_npy_text(as_bytes(file), "y.npy");
  CHECK(npy_text(array, 1) == "cd");
  CHECK_THROWS_AS(npy_text(array, 2), std::logic_error);
  CHECK_THROWS_AS(npy_text(array, -1), std::logic_error);
}
