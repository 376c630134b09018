#include "lora/io/inflate.h"

#include <algorithm>

#include "io/bytes.h"
#include "io/zip_file.h"

using namespace lora;
using namespace lora::test;

TEST_CASE("CRC-32 gives the known check value", "[io][inflate]") {
  CHECK(crc32_of(as_bytes("123456789")) == 0xCBF43926);
  CHECK(crc32_of({}) == 0);
}

TEST_CASE("inflating stops at the end of the data or of the target", "[io][inflate]") {
  const std::string content = std::string(100, 'a') + "bcd" + std::string(5000, 'e');
  const std::vector<std::byte> data = on_heap(deflated(content));
  for (const std::size_t size : {0U, 1U, 102U, 5102U, 5103U, 5104U, 9000U}) {
    INFO(size);
    std::vector<std::byte> target(size);
    const Inflated inflated = inflate_into(data, target);
    CHECK(inflated.size == std::min(size, content.size()));
    CHECK(as_string(std::span(target).first(inflated.size)) == content.substr(0, inflated.size));
    CHECK(inflated.end == (size < content.size() ? InflateEnd::target_full : InflateEnd::complete));
  }
}

TEST_CASE("nothing is deflated to a few bytes and inflated to nothing", "[io][inflate]") {
  const std::string data = deflated("");
  const Inflated inflated = inflate_into(as_bytes(data), {});
  CHECK(inflated.size == 0);
  CHECK(inflated.end == InflateEnd::complete);
}

TEST_CASE("deflated data that is cut off anywhere is not complete", "[io][inflate]") {
  const std::string content = "some text, some more text, and some text again";
  const std::string data = deflated(content);
  for (std::size_t length = 0; length < data.size(); ++length) {
    INFO(length);
    const std::vector<std::byte> cut = on_heap(data.substr(0, length));
    std::vector<std::byte> target(content.size());
    const Inflated inflated = inflate_into(cut, target);
    CHECK(inflated.end == InflateEnd::cut_off);
    CHECK(as_string(std::span(target).first(inflated.size)) == content.substr(0, inflated.size));
  }
}

TEST_CASE("data that is not deflated is corrupt", "[io][inflate]") {
  std::vector<std::byte> target(10);
  CHECK(inflate_into(as_bytes("\xFF\xFF\xFF\xFF"), target).end == InflateEnd::corrupt);
}

TEST_CASE("zeros are deflated at most as far as the bound says", "[io][inflate]") {
  const std::string content(10'000'000, '\0');
  const std::size_t size = deflated(content).size();
  CHECK(size * kLargestInflation >= content.size());
  CHECK(size * kLargestInflation < content.size() + content.size() / 50);
}
