#include "lora/data/record_reader.h"

#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "lora/core/error.h"
#include "lora/data/record_fields.h"
#include "support/catch.h"
#include "support/temporary_directory.h"

using namespace lora;

namespace {

using Records = std::vector<std::pair<std::int64_t, std::string>>;

Records records_of(const std::string& path, std::size_t buffer_bytes) {
  RecordReader reader(path, buffer_bytes);
  Records records;
  Record record;
  while (reader.next(record)) records.emplace_back(record.line, std::string(record.text));
  return records;
}

std::string message_of(const std::string& path, std::size_t buffer_bytes,
                       std::size_t longest = RecordReader::kLongestRecord) {
  try {
    RecordReader reader(path, buffer_bytes, longest);
    Record record;
    while (reader.next(record)) continue;
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::input);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("records end at line ends outside quotes, whatever the size of the buffer",
          "[data][record_reader]") {
  struct Row {
    std::string content;
    Records expected;
  };
  const std::vector<Row> rows = {
      {"", {}},
      {"\n", {{1, ""}}},
      {"a\nb\n", {{1, "a"}, {2, "b"}}},
      {"a\nb", {{1, "a"}, {2, "b"}}},
      {"a\r\nb\r\n", {{1, "a"}, {2, "b"}}},
      {"a\r\nb\r", {{1, "a"}, {2, "b"}}},
      {"a\rb\r", {{1, "a"}, {2, "b"}}},
      {"a\r\rb", {{1, "a"}, {2, ""}, {3, "b"}}},
      {"a\r\r\nb\r\r\n", {{1, "a"}, {2, "b"}}},
      {"a\nb\rc\n", {{1, "a"}, {2, "b\rc"}}},
      {"\xEF\xBB\xBF\"a\"\nb\n", {{1, "\"a\""}, {2, "b"}}},
      {"\"a\nb\",c\nd\n", {{1, "\"a\nb\",c"}, {3, "d"}}},
      {"\"a\r\n\r\nb\"\r\nd\r\n", {{1, "\"a\r\n\r\nb\""}, {4, "d"}}},
      {"\"a\rb\"\rd", {{1, "\"a\rb\""}, {3, "d"}}},
      {"1,\"a\"\"\n\"\"b\"\nd", {{1, "1,\"a\"\"\n\"\"b\""}, {3, "d"}}},
      {"1, \t\"a\nb\"\nd", {{1, "1, \t\"a\nb\""}, {3, "d"}}},
      {"5\" pipe\nb\"\n", {{1, "5\" pipe"}, {2, "b\""}}},  // quotes as letters
      {"\"a\"x\"\nb\n", {{1, "\"a\"x\""}, {2, "b"}}},      // wrong, but it ends
      {"\"\"\n\"\"\"\"\nb", {{1, "\"\""}, {2, "\"\"\"\""}, {3, "b"}}},
  };
  const test::TemporaryDirectory directory;
  for (const Row& row : rows) {
    const std::string path = directory.write("records.csv", row.content);
    for (const std::size_t bytes : {1U, 2U, 3U, 4U, 5U, 7U, 64U, 4096U}) {
      INFO(row.content << " in pieces of " << bytes);
      CHECK(records_of(path, bytes) == row.expected);
    }
  }
}

TEST_CASE("bytes that are no table are refused, whatever the size of the buffer",
          "[data][record_reader]") {
  struct Row {
    std::string content;
    std::string words;
  };
  using namespace std::string_literals;
  const std::vector<Row> rows = {
      {"\xFF\xFEx\0,\0"s, "UTF-16 text; save it as UTF-8"},
      {"\xFE\xFF\0x\0,"s, "UTF-16 text; save it as UTF-8"},
      {"x\0,\0y\0"s, "records.csv:1:2: a NUL byte"},
      {"a,b\n1,\0\n"s, "records.csv:2:3: a NUL byte"},
      {"ä\0"s, "records.csv:1:2: a NUL byte"},
      {"\"a\n\0"s, "records.csv:2:1: a NUL byte"},
      {"\0"s, "records.csv:1:1: a NUL byte"},
      {"\"a\n\n\"\r\r\0x"s, "records.csv:3:4: a NUL byte"},
      {"\x1F\x8B\x08\0\0"s, "compressed by gzip"},
      {"PK\x03\x04\x14\0"s, "is a zip archive: export a spreadsheet's own file as CSV"},
      {"\x93NUMPY\x01\0"s, "a NumPy array"},
      {"PAR1\x15\x04"s, "a Parquet file"},
      {"a\n\"b\nc\n", "records.csv:2:1: the quote that opens this field is never closed"},
      {"a\nb,\"c\n", "records.csv:2:3: the quote that opens"},
      {"\"a\nb\",\"c\nd", "records.csv:2:4: the quote that opens"},
      {"a,\"b\"\"\n", "records.csv:1:3: the quote that opens"},
      {"\"", "records.csv:1:1: the quote that opens"},
  };
  const test::TemporaryDirectory directory;
  for (const Row& row : rows) {
    const std::string path = directory.write("records.csv", row.content);
    for (const std::size_t bytes : {1U, 2U, 3U, 5U, 4096U}) {
      const std::string message = message_of(path, bytes);
      INFO(message << ", in pieces of " << bytes);
      CHECK(message.find(row.words) != std::string::npos);
    }
  }
}

TEST_CASE("a record without an end does not fill the memory", "[data][record_reader]") {
  const test::TemporaryDirectory directory;
  const std::string path =
      directory.write("records.csv", "a,b\n1,\"" + std::string(100'000, 'x') + "\n");
  const std::string message = message_of(path, 1000, 10'000);
  INFO(message);
  CHECK(message.find("records.csv:2: no end of this record within 10000 bytes") !=
        std::string::npos);
}

TEST_CASE("the time for one long line grows no faster than the line", "[data][record_reader]") {
  // A search that began anew with each piece, or at each field, would take hours for these.
  const test::TemporaryDirectory directory;
  std::string quoted;
  while (quoted.size() < 8'000'000) quoted += "\"a\",\"b\"\"\n\",";
  const std::string plain(8'000'000, '1');
  const std::string letters(8'000'000, '"');
  for (const std::string& line : {quoted, plain, "x" + letters}) {
    const std::string path = directory.write("long.csv", line);
    const std::clock_t start = std::clock();  // of the processor: others may keep it busy
    CHECK(records_of(path, 64).size() == 1);
    CHECK(std::clock() - start < 20 * CLOCKS_PER_SEC);
  }
}

TEST_CASE("fields are cut at separators outside quotes", "[data][record_fields]") {
  const std::string label = "a test";
  const auto values = [&](const std::string& text, char separator) {
    std::vector<std::string> result;
    const Record record{text, 1, true, '\n'};
    RecordFields fields(record, separator, label);
    while (fields.more()) result.push_back(fields.next().value());
    CHECK(count_fields(record, separator, label) == result.size());
    return result;
  };
  using Values = std::vector<std::string>;
  CHECK(values("", ',') == Values{""});
  CHECK(values(",", ',') == Values{"", ""});
  CHECK(values("a,b,", ',') == Values{"a", "b", ""});
  CHECK(values(" a b , c ", ',') == Values{"a b", "c"});
  CHECK(values("\"a,b\";c", ';') == Values{"a,b", "c"});
  CHECK(values(" \" a \" ,b", ',') == Values{" a ", "b"});
  CHECK(values("\"a\"\"b\",\"\"\"\"", ',') == Values{"a\"b", "\""});
  CHECK(values("5\" pipe,a\"b\"", ',') == Values{"5\" pipe", "a\"b\""});
  CHECK(values("\ta\t\t \t", '\t') == Values{"", "a", "", "", ""});
}

TEST_CASE("a field knows its place in characters and physical lines", "[data][record_fields]") {
  const std::string label = "t.csv";
  const std::string text = "ä,\"x\ny\", é ,z";
  const Record record{text, 7, true, '\n'};
  RecordFields fields(record, ',', label);
  const auto place = [&] { return place_in(label, record, fields.next().offset); };
  CHECK(place() == "t.csv:7:1");
  CHECK(place() == "t.csv:7:3");
  CHECK(place() == "t.csv:8:5");
  CHECK(place() == "t.csv:8:8");
}
