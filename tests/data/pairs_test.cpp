#include "lora/data/pairs.h"

#include <string>
#include <vector>

#include "lora/core/error.h"
#include "support/catch.h"
#include "support/temporary_directory.h"

using namespace lora;
using namespace lora::test;

namespace {

std::vector<Pair> read(const std::string& name, const std::string& content, Index rows = 10) {
  const TemporaryDirectory directory;
  directory.write(name, content);
  return read_pairs((directory.path() / name).string(), rows, "data.csv");
}

std::string message_of(const std::string& name, const std::string& content, Index rows = 10) {
  try {
    read(name, content, rows);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::input);
    return error.what();
  }
  return "";
}

/// A .npy file of int64 or float64 of (rows, 2).
std::string npy(const std::string& type, int rows, const std::string& bytes) {
  std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" +
                       std::to_string(rows) + ", 2), }";
  header.resize(117, ' ');
  return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + '\n' + bytes;
}

}  // namespace

TEST_CASE("pairs are two columns of row numbers, with or without a header", "[data][pairs]") {
  const std::vector<Pair> expected = {{0, 9}, {3, 1}, {3, 2}};
  CHECK(read("p.csv", "0,9\n3,1\n3,2\n") == expected);
  CHECK(read("p.csv", "query,document\n0,9\n3,1\n3,2\n") == expected);
  CHECK(read("p.csv", "a;b\r\n0; 9\r\n3;1\r\n\"3\";2\r\n") == expected);
  CHECK(read("p.tsv", "0\t9\n3\t1\n3\t2\n") == expected);
  // pandas writes the numbers of the lines as well
  CHECK(read("p.csv", ",query,document\n0,0,9\n1,3,1\n2,3,2\n") == expected);
  // In a table of features years would be names.
  CHECK(read("p.csv", "2000,2001\n5,6\n", 3000) == std::vector<Pair>{{2000, 2001}, {5, 6}});
  // Beyond what a float32 counts.
  CHECK(read("p.csv", "16777217,0\n1,16777219\n", 16777220) ==
        std::vector<Pair>{{16777217, 0}, {1, 16777219}});
  std::string bytes;
  for (const char number : {'\0', '\x09', '\x03', '\x01'}) bytes += number + std::string(7, '\0');
  CHECK(read("p.npy", npy("<i8", 2, bytes)) == std::vector<Pair>{{0, 9}, {3, 1}});
}

TEST_CASE("what is no row of the data is refused with its line", "[data][pairs]") {
  const auto has = [](const std::string& text, const std::string& part) {
    INFO(text);
    return text.find(part) != std::string::npos;
  };
  CHECK(has(message_of("p.csv", "0,1\n2,10\n"), "p.csv:2: '10' is no row of data.csv"));
  CHECK(has(message_of("p.csv", "0,1\n2,10\n"), "from 0 to 9"));
  CHECK(has(message_of("p.csv", "q,d\n0,1\n-1,2\n"), "p.csv:3: '-1'"));
  CHECK(has(message_of("p.csv", "q,d\n0,1\n1.0,2\n"), "p.csv:3: '1.0'"));
  CHECK(has(message_of("p.csv", "q,d\n0,1\nx,2\n"), "p.csv:3: 'x'"));
  CHECK(has(message_of("p.csv", "q,d\n0,1\n,2\n"), "p.csv:3: ''"));
  CHECK(has(message_of("p.csv", "0,99999999999999999999\n1,2\n"), "'99999999999999999999'"));
  CHECK(has(message_of("p.csv", "2000,2001\n5,6\n"), "p.csv:1: '2000'"));
  CHECK(has(message_of("p.csv", "0\n1\n"), "1 column,"));
  CHECK(has(message_of("p.csv", "0,1,2\n1,2,3\n"), "3 columns"));
  CHECK(has(message_of("p.csv", "0,1\n"), "one pair"));
  CHECK(has(message_of("p.csv", ""), "p.csv"));
  CHECK(has(message_of("p.txt", "0,1\n1,2\n"), ".csv"));
  CHECK(has(message_of("p.npy", npy("<i8", 1, std::string(16, '\0'))), "one pair"));
}

TEST_CASE("the rows of pairs are counted once each", "[data][pairs]") {
  const std::vector<Pair> pairs = {{5, 2}, {2, 7}, {5, 0}, {1, 1}};
  CHECK(rows_of(pairs) == std::vector<Index>{0, 1, 2, 5, 7});
  CHECK(rows_of(std::vector<Pair>()).empty());
}
