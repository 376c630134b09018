#include "lora/data/text_table.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <future>
#include <random>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "lora/core/error.h"
#include "support/catch.h"
#include "support/temporary_directory.h"

using namespace lora;

namespace {

/// What a table holds: its names, joined by |, and all cells of the columns that could be chosen.
struct Content {
  std::string names;
  bool header = false;
  std::vector<Real> numbers;
  std::vector<std::string> texts;
  std::vector<std::int64_t> lines;

  bool operator==(const Content&) const = default;
};

/// Columns named t… are read as texts, columns without a name are left out, others are numbers.
ColumnChoice choice_of(const TextTable& table) {
  ColumnChoice choice;
  for (std::size_t i = 0; i < table.column_names().size(); ++i) {
    const std::string& name = table.column_names()[i];
    if (name.empty()) continue;
    (name[0] == 't' ? choice.texts : choice.numbers).push_back(i);
  }
  return choice;
}

Content read_table(const std::string& path, const TableReading& reading,
                   Index rows_at_once = 1000) {
  TextTable table(path, reading);
  table.choose(choice_of(table));
  Content content;
  content.header = table.has_header();
  for (const std::string& name : table.column_names()) content.names += name + "|";
  TableRows rows;
  while (table.read(rows_at_once, rows) == rows_at_once) continue;
  content.numbers = rows.numbers;
  content.texts = rows.texts;
  content.lines = rows.lines;
  return content;
}

Content read_table(const std::string& path, std::size_t buffer_bytes = RecordReader::kBufferBytes,
                   Index rows_at_once = 1000) {
  return read_table(path, TableReading{1, buffer_bytes}, rows_at_once);
}

template <class Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::input);
    return error.what();
  }
  return "no error";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct GoodFile {
  std::string name;
  std::string content;
  Content expected;
};

std::vector<GoodFile> good_files() {
  return {
      {"a.csv", "x,y\n1,2\n3,4\n", {"x|y|", true, {1, 2, 3, 4}, {}, {2, 3}}},
      {"a.csv", "1,2\n3,4\n", {"1|2|", false, {1, 2, 3, 4}, {}, {1, 2}}},
      {"a.csv", "x,y\r\n1,2\r\n3,4\r\n", {"x|y|", true, {1, 2, 3, 4}, {}, {2, 3}}},
      {"a.csv", "x,y\r1,2\r3,4\r", {"x|y|", true, {1, 2, 3, 4}, {}, {2, 3}}},
      {"a.csv", "x,y\r\r\n1,2\r\r\n", {"x|y|", true, {1, 2}, {}, {2}}},
      {"a.csv", "x,y\n1,2\n3,4", {"x|y|", true, {1, 2, 3, 4}, {}, {2, 3}}},
      {"a.csv", "x,y\n1,2\n\n\n", {"x|y|", true, {1, 2}, {}, {2}}},
      {"a.csv", "\n\nx,y\n \n1,2\n\t\n3,4\n", {"x|y|", true, {1, 2, 3, 4}, {}, {5, 7}}},
      {"a.csv", "x\n1\n2\n\n  \n", {"x|", true, {1, 2}, {}, {2, 3}}},
      {"a.csv", "7\n", {"1|", false, {7}, {}, {1}}},
      {"a.csv", "\xEF\xBB\xBFx,y\n1,2\n", {"x|y|", true, {1, 2}, {}, {2}}},
      {"a.csv", "\xEF\xBB\xBF\"y\",\"x1\"\r\n1,2\r\n", {"y|x1|", true, {1, 2}, {}, {2}}},
      {"a.csv",
       "\xEF\xBB\xBF"
       "1,2\n",
       {"1|2|", false, {1, 2}, {}, {1}}},
      {"a.csv", "x;y\n1;2\n", {"x|y|", true, {1, 2}, {}, {2}}},
      {"a.csv", "x\ty\n1\t2\n", {"x|y|", true, {1, 2}, {}, {2}}},
      {"a.csv", "sep=;\r\nx;y\r\n1;2\r\n", {"x|y|", true, {1, 2}, {}, {3}}},
      {"a.csv", "sep=|\nx|y\n1|2\n", {"x|y|", true, {1, 2}, {}, {3}}},
      {"a.csv", "x|t\n1|\"a|b\"\n", {"x|t|", true, {1}, {"a|b"}, {2}}},
      {"a.csv", "\"SEP=;\"\r\nx;y\r\n1;2\r\n", {"x|y|", true, {1, 2}, {}, {3}}},
      {"a.tsv", "x\ty\n1\t2\n", {"x|y|", true, {1, 2}, {}, {2}}},
      {"a.tsv", "t, a;b\n1, 2\n", {"t, a;b|", true, {}, {"1, 2"}, {2}}},
      {"a.csv", "x , y\n 1 ,\t2 \n+3,-4\n", {"x|y|", true, {1, 2, 3, -4}, {}, {2, 3}}},
      {"a.csv", "x, \"y\"\n\"1\", \"2.5e1\" \n", {"x|y|", true, {1, 25}, {}, {2}}},
      {"a.csv", "x,y\n1e3,+.5\n-0,1E-2\n", {"x|y|", true, {1000, .5F, 0, .01F}, {}, {2, 3}}},
      {"a.csv", "x,y\n1e-50,1e-40\n", {"x|y|", true, {0, 1e-40F}, {}, {2}}},
      {"a.csv",
       "x\n2147483648\n-2147483649\n",
       {"x|", true, {2147483648.F, -2147483648.F}, {}, {2, 3}}},
      {"a.csv", "x,t\n1,\"a,b\"\n", {"x|t|", true, {1}, {"a,b"}, {2}}},
      {"a.csv", "x,t\n1,\"a\"\"b\"\n2,\"\"\"\"\n", {"x|t|", true, {1, 2}, {"a\"b", "\""}, {2, 3}}},
      {"a.csv", "x,t\n1,\"a\nb\n\"\n2,c\n", {"x|t|", true, {1, 2}, {"a\nb\n", "c"}, {2, 5}}},
      {"a.csv", "x,t\n1,5\" pipe\n", {"x|t|", true, {1}, {"5\" pipe"}, {2}}},
      {"a.csv",
       "x,t\n1,\n2,\"\"\n3, b c \n",
       {"x|t|", true, {1, 2, 3}, {"", "", "b c"}, {2, 3, 4}}},
      {"a.csv", "x,\"t\nu\"\n1,a\n", {"x|t\nu|", true, {1}, {"a"}, {3}}},
      {"a.csv", "x,t\n1,Größe\n", {"x|t|", true, {1}, {"Größe"}, {2}}},
      {"a.csv", ",x,y\n0,1,2\n1,3,4\n", {"|x|y|", true, {1, 2, 3, 4}, {}, {2, 3}}},
      {"a.csv", "\"\",\"x\"\n\"1\",5\n", {"|x|", true, {5}, {}, {2}}},
      {"a.csv", "x,y,\n1,2,\n3,4,\n", {"x|y||", true, {1, 2, 3, 4}, {}, {2, 3}}},
      {"a.csv", "1,2,\n3,4,\n", {"1|2||", false, {1, 2, 3, 4}, {}, {1, 2}}},
      {"a.csv", "1,2, ,,\r\n", {"1|2||||", false, {1, 2}, {}, {1}}},
      {"a.csv", ",0,1\n0,.5,.25\n", {"|0|1|", true, {.5F, .25F}, {}, {2}}},
      {"a.csv", "0,1,2\n.5,.25,1\n", {"0|1|2|", true, {.5F, .25F, 1}, {}, {2}}},
      {"a.csv", "2019,2020\n5,6\n", {"2019|2020|", true, {5, 6}, {}, {2}}},
      {"a.csv", "# x,y\n1.000000000000000000e+00,2.0e+00\n", {"x|y|", true, {1, 2}, {}, {2}}},
      {"a.csv", "x,x\n1,2\n", {"x|x|", true, {1, 2}, {}, {2}}},
      {"a.data", "1;2\n3;4\n", {"1|2|", false, {1, 2, 3, 4}, {}, {1, 2}}},
  };
}

struct BadFile {
  std::string name;
  std::string content;
  std::vector<std::string> words;
};

std::vector<BadFile> bad_files() {
  using namespace std::string_literals;
  const std::string wide(5000, 'w');
  return {
      {"a.csv", "", {"a.csv: is empty"}},
      {"a.csv", "\xEF\xBB\xBF", {"a.csv: is empty"}},
      {"a.csv", "\n \r\n\n", {"a.csv: holds no rows, only empty lines"}},
      {"a.csv", "sep=;\n", {"a.csv: holds no rows"}},
      {"a.csv", "x,y\n", {"a.csv: holds a header, but no rows"}},
      {"a.csv", "x,y\n\n\n", {"a.csv: holds a header, but no rows"}},
      {"a.csv", "x,y\n1,abc\n", {"a.csv:2:3: column 'y': 'abc' is not a number"}},
      {"a.csv", "1,2\n3,abc\n", {"a.csv:2:3: column 2: 'abc' is not a number"}},
      {"a.csv", "0.5,abc\n0.5,1\n", {"a.csv:1:5: column 2: 'abc' is not a number"}},
      {"a.csv", "x,y\n1,  abc\n", {"a.csv:2:5: "}},
      {"a.csv", "x,y\n\"ä\nö\n\",1\n", {"a.csv:2:1: column 'x': 'ä\\nö\\n' is not a number"}},
      {"a.csv", "t,y\n\"ä\nöö\",z\n", {"a.csv:3:5: column 'y': 'z'"}},
      {"a.csv", "t,y\nä,z\n", {"a.csv:2:3: column 'y': 'z'"}},
      {"a.csv", "x,y\n\n1,2\n\n3,z\n", {"a.csv:5:3: column 'y': 'z'"}},
      {"a.csv", "x,y\r\n1,2\r\n3,z\r\n", {"a.csv:3:3: column 'y': 'z' is not a number"}},
      {"a.csv", "x,y\r1,2\r3,z\r", {"a.csv:3:3: column 'y': 'z' is not a number"}},
      {"a.csv", "\xEF\xBB\xBFx,y\nz,1\n", {"a.csv:2:1: column 'x': 'z'"}},
      {"a.csv", "x,y\n1,\n", {"a.csv:2:3: column 'y': the cell is empty"}},
      {"a.csv", "x,y\n,1\n", {"a.csv:2:1: column 'x': the cell is empty"}},
      {"a.csv", "x,y\n1,2\n ,\n", {"a.csv:3:2: column 'x': ", "all cells of this line are empty"}},
      {"a.csv", "x\n\"\"\n", {"a.csv:2:1: column 'x': the cell is empty"}},
      {"a.csv", "x,y\n1,NA\n", {"a.csv:2:3: column 'y': 'NA' means a missing value"}},
      {"a.csv", "x,y\n1,nan\n", {"a.csv:2:3: column 'y': 'nan' is not a number that"}},
      {"a.csv", "x,y\n1,-inf\n", {"a.csv:2:3: column 'y': '-inf' is infinite"}},
      {"a.csv", "x,y\n1,1e39\n", {"a.csv:2:3: column 'y': '1e39' is too large for float32"}},
      {"a.csv", "x;y\n1;2,5\n", {"a.csv:2:3: column 'y': '2,5' has a decimal comma"}},
      {"a.csv", "x,y\n1,\"2,5\"\n", {"a.csv:2:3: column 'y': '2,5' has a decimal comma"}},
      {"a.csv", "x,y\n1,0x10\n", {"a.csv:2:3: ", "'0x10' is hexadecimal"}},
      {"a.csv", "x,y\n1,1_000\n", {"a.csv:2:3: ", "'1_000' has an underscore"}},
      {"a.csv", "x,y\n1,1e\n", {"a.csv:2:3: ", "'1e' has an exponent without digits"}},
      {"a.csv", "x,y\n1,--5\n", {"a.csv:2:3: ", "'--5' has more than one sign"}},
      {"a.csv", "x,y\n1,2\x07\n", {"column 'y': '2\\x07' is not a number"}},
      {"a.csv", "x,y\n1,2\r3,4\n", {"a.csv:2: 3 fields, but the header has 2"}},
      {"a.csv", "x,y\n1,2\r\n3,4\r5\n", {"a.csv:3:3: column 'y': '4\\r5' is not a number"}},
      {"a.csv", "x,t\n1,2\r\n3,4\r5\n", {"a.csv:3:3: column 't': '4\\r5' has a carriage return"}},
      {"a.csv", "x,y\n1," + wide + "\n", {"'" + wide.substr(0, 60) + "…' is not a number"}},
      {"a.csv", "1,2,\n3,4,\n5,6,7\n", {"a.csv:3:5: column 3: '7' stands where the first"}},
      {"a.csv", "1,2,\n3,4,5\n", {"a.csv:1:5: column 3: the cell is empty"}},
      {"a.csv", "1,,2\n3,,4\n", {"a.csv:1:3: column 2: the cell is empty"}},
      {"a.csv", "1,2,\n3,4\n", {"a.csv:1:5: column 3: the cell is empty"}},
      {"a.csv", ",\n,\n", {"a.csv:1:1: column 1: the cell is empty"}},
      {"a.csv", "0.5 1.5\n2.5 3.5\n", {"a.csv:1:1: ", "blanks do not separate fields"}},
      {"a.csv",
       "x1,x2,y\n1,4,7,\n2,5,8,\n",
       {"a.csv:2: 4 fields, but the header has 3", "each line end with a separator"}},
      {"a.csv", "x,y\n1,2,\"\"\n", {"a.csv:2: 3 fields", "row numbers need a column"}},
      {"a.csv", "x,y\n1,2\n3\n", {"a.csv:3: 1 field, but the header has 2"}},
      {"a.csv",
       "x,y\n1,2\n3,4,5\n",
       {"a.csv:3: 3 fields, but the header has 2", "a text with ',' in it must be quoted"}},
      {"a.tsv", "x\ty\n1\t2\t3\n", {"a.tsv:2: 3 fields", "a text with a tab in it"}},
      {"a.csv", "1,2\n3,4,5\n", {"a.csv:2: 3 fields, but the first line has 2"}},
      {"a.csv", "x,y\nabc,2,3\n", {"a.csv:2: 3 fields, but the header has 2"}},
      {"a.csv", "x,y\n1,2\nabc\n", {"a.csv:3: 1 field, but the header has 2"}},
      {"a.csv", "x,t\n1,\"a\nb\"\n2\n", {"a.csv:4: 1 field, but the header has 2"}},
      {"a.csv", "x,t\n1,\"a\nb\n", {"a.csv:2:3: the quote that opens this field is never closed"}},
      {"a.csv", "x,t\n1,b\n2,\"a\" b\n", {"a.csv:3:7: text behind the closing quote"}},
      {"a.csv", "x,t\n1,b\n2,\"a \"q\" b\"\n", {"a.csv:3:7: text behind the closing quote"}},
      {"a.csv", "x\n1\n\n2\n", {"a.csv:3: an empty line in a table of one column"}},
      {"a.csv", "x\n\n1\n", {"a.csv:2: an empty line in a table of one column"}},
      {"a.csv", "1\n2\n\n \n3\n", {"a.csv:3: an empty line in a table of one column"}},
      {"a.csv",
       "x,t\n1,Gr\xF6\xDF"
       "e\n",
       {"a.csv:2:3: column 't': 'Gr\\xF6\\xDFe' is not UTF-8"}},
      {"a.csv",
       "x,Gr\xF6\xDF"
       "e\n1,2\n",
       {"a.csv:1: the column name 'Gr\\xF6\\xDFe' is not UTF-8"}},
      {"a.csv", "\xFF\xFEx\0\n\0"s, {"a.csv: is UTF-16"}},
      {"a.csv", "x,y\n1,2\n3,\0\n"s, {"a.csv:3:3: a NUL byte"}},
      {"a.csv", "PK\x03\x04 and so on", {"a.csv: is a zip archive", "PyTorch", ".npz"}},
      {"a.csv", "\x89HDF\r\n\x1A\n", {"a.csv: is an HDF5 file"}},
  };
}

}  // namespace

TEST_CASE("tables are read as their writers meant them", "[data][text_table]") {
  const test::TemporaryDirectory directory;
  for (const GoodFile& file : good_files()) {
    INFO(file.content);
    const Content content = read_table(directory.write(file.name, file.content));
    CHECK(content.names == file.expected.names);
    CHECK(content.header == file.expected.header);
    CHECK(content.numbers == file.expected.numbers);
    CHECK(content.texts == file.expected.texts);
    CHECK(content.lines == file.expected.lines);
  }
}

TEST_CASE("what is wrong in a table is said with its place", "[data][text_table]") {
  const test::TemporaryDirectory directory;
  for (const BadFile& file : bad_files()) {
    INFO(file.content);
    const std::string path = directory.write(file.name, file.content);
    const std::string message = message_of([&] { read_table(path); });
    INFO(message);
    for (const std::string& words : file.words) CHECK(has(message, words));
    CHECK(message.size() < 300);
  }
}

TEST_CASE("the sizes of buffer and pieces change nothing", "[data][text_table]") {
  const test::TemporaryDirectory directory;
  for (const GoodFile& file : good_files()) {
    const std::string path = directory.write(file.name, file.content);
    for (std::size_t bytes = 1; bytes <= file.content.size() + 1; ++bytes) {
      for (const Index rows : {1, 2, 3}) {
        INFO(file.content << " in pieces of " << bytes << " bytes and " << rows << " rows");
        REQUIRE(read_table(path, bytes, rows) == file.expected);
      }
    }
  }
  for (const BadFile& file : bad_files()) {
    const std::string path = directory.write(file.name, file.content);
    const std::string expected = message_of([&] { read_table(path); });
    for (std::size_t bytes = 1; bytes <= std::min<std::size_t>(file.content.size() + 1, 99);
         ++bytes) {
      INFO(file.content << " in pieces of " << bytes << " bytes");
      REQUIRE(message_of([&] { read_table(path, bytes, 1); }) == expected);
    }
  }
}

TEST_CASE("columns are found by name, by number and as the last", "[data][text_table]") {
  const test::TemporaryDirectory directory;
  const TextTable table(directory.write("a.csv", "id,target,3,x,x,\n1,2,3,4,5,\n"));
  CHECK(table.column("id") == 0);
  CHECK(table.column("1") == 0);
  CHECK(table.column("2") == 1);
  CHECK(table.column("3") == 2);
  CHECK(table.column("4") == 3);
  CHECK(table.column("6") == 5);
  CHECK(table.column("last") == 4);

  struct Row {
    std::string name;
    std::string words;
  };
  const std::vector<Row> rows = {
      {"taget", "a.csv: no column 'taget'; did you mean 'target'?"},
      {"Target", "did you mean 'target'?"},
      {"zebra", "its columns are 'id', 'target', '3', 'x', 'x', ''"},
      {"x", "a.csv: columns 4 and 5 are both named 'x'"},
      {"7", "no column '7'"},
      {"0", "no column '0'"},
      {"-1", "no column '-1'"},
      {"99999999999999999999999", "no column '9999"},
      {"", "no column ''"},
  };
  for (const Row& row : rows) {
    const std::string message = message_of([&] { table.column(row.name); });
    INFO(message);
    CHECK(has(message, row.words));
  }
}

TEST_CASE("each of very many columns is found at once", "[data][text_table]") {
  const test::TemporaryDirectory directory;
  constexpr std::size_t kColumns = 60'000;
  std::string names = "c0";
  std::string row = "0";
  for (std::size_t i = 1; i < kColumns; ++i) {
    names += ",c" + std::to_string(i);
    row += ",0";
  }
  const TextTable table(directory.write("a.csv", names + "\n" + row + "\n"));
  const std::clock_t start = std::clock();  // of the processor: others may keep it busy
  std::size_t sum = 0;
  for (const std::string& name : table.column_names()) sum += table.column(name);
  CHECK(sum == kColumns * (kColumns - 1) / 2);
  CHECK(std::clock() - start < 2 * CLOCKS_PER_SEC);
}

TEST_CASE("a column named last is that column", "[data][text_table]") {
  const test::TemporaryDirectory directory;
  CHECK(TextTable(directory.write("a.csv", "last,x\n1,2\n")).column("last") == 0);
}

TEST_CASE("columns of a table without header are found by number", "[data][text_table]") {
  const test::TemporaryDirectory directory;
  const TextTable table(directory.write("a.csv", "1,2,3\n4,5,6\n"));
  CHECK(table.column("1") == 0);
  CHECK(table.column("last") == 2);
  const std::string message = message_of([&] { table.column("y"); });
  CHECK(message.ends_with("a.csv: no column 'y'; it has no header: its columns are 1 to 3"));
}

TEST_CASE("columns come in the order of the choice, also both as number and as text",
          "[data][text_table]") {
  const test::TemporaryDirectory directory;
  TextTable table(directory.write("a.csv", "a,b,c\n1,x,0030\n4,y,6e0\n"));
  table.choose({{2, 0}, {1, 2}});
  TableRows rows;
  CHECK(table.read(10, rows) == 2);
  CHECK(rows.size() == 2);
  CHECK(rows.numbers == std::vector<Real>{30, 1, 6, 4});
  CHECK(rows.texts == std::vector<std::string>{"x", "0030", "y", "6e0"});
  CHECK_THROWS_AS(table.choose({{1, 1}, {}}), std::logic_error);
  CHECK_THROWS_AS(table.choose({{3}, {}}), std::out_of_range);
}

TEST_CASE("kept cells are what stands in the table, with the blanks around them",
          "[data][text_table]") {
  const test::TemporaryDirectory directory;
  TextTable table(directory.write("a.csv", "t,x\n a b ,1\n\" c\"\"d \" , 2 \n,3\n \xFF,4\n"));
  table.choose({{1}, {0}, {0, 1}});
  TableRows rows;
  CHECK(table.read(3, rows) == 3);
  CHECK(rows.numbers == std::vector<Real>{1, 2, 3});
  CHECK(rows.texts == std::vector<std::string>{"a b", " c\"d ", ""});
  CHECK(rows.kept == std::vector<std::string>{" a b ", "1", " c\"d ", " 2 ", "", "3"});
  CHECK(
      has(message_of([&] { table.read(1, rows); }), "a.csv:5:2: column 't': '\\xFF' is not UTF-8"));
  CHECK_THROWS_AS(table.choose({{}, {}, {1, 1}}), std::logic_error);
}

TEST_CASE("cells that nobody chose may hold anything", "[data][text_table]") {
  const test::TemporaryDirectory directory;
  TextTable table(directory.write("a.csv", "id,x\nabc,1\n\xFF,2\n,3\n\"a,\nb\",4\n"));
  table.choose({{1}, {}});
  TableRows rows;
  CHECK(table.read(10, rows) == 4);
  CHECK(rows.numbers == std::vector<Real>{1, 2, 3, 4});
}

TEST_CASE("rows come in pieces and are appended", "[data][text_table]") {
  const test::TemporaryDirectory directory;
  TextTable table(directory.write("a.csv", "x\n1\n2\n3\n4\n5\n"));
  table.choose({{0}, {}});
  TableRows rows;
  CHECK(table.read(2, rows) == 2);
  CHECK(table.read(2, rows) == 2);
  CHECK(rows.numbers == std::vector<Real>{1, 2, 3, 4});
  rows.clear();
  CHECK(table.read(2, rows) == 1);
  CHECK(rows.numbers == std::vector<Real>{5});
  CHECK(rows.lines == std::vector<std::int64_t>{6});
  CHECK(table.read(2, rows) == 0);
  CHECK(table.read(2, rows) == 0);
}

TEST_CASE("a path that is no readable file is refused with the reason", "[data][text_table]") {
  const test::TemporaryDirectory directory;
  const std::string missing = (directory.path() / "none.csv").string();
  CHECK(message_of([&] { TextTable{missing}; }) == missing + ": no such file");
  const std::string folder = directory.path().string();
  CHECK(has(message_of([&] { TextTable{folder}; }), folder + ": is a directory"));
  const std::string inside = directory.write("a.csv", "x\n1\n") + "/b.csv";
  CHECK(has(message_of([&] { TextTable{inside}; }), ": cannot be opened: "));

  const std::string locked = directory.write("locked.csv", "x\n1\n");
  std::filesystem::permissions(locked, std::filesystem::perms::none);
  if (geteuid() != 0) {  // root may read everything
    CHECK(message_of([&] { TextTable{locked}; }) == locked + ": no permission to read this file");
  }
}

TEST_CASE("a pipe is read as it fills, and needs no seeking", "[data][text_table]") {
  const test::TemporaryDirectory directory;
  const std::string path = (directory.path() / "pipe").string();
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  std::promise<void> first_rows_read;
  bool in_time = false;
  std::thread writer([&] {
    std::ofstream out(path, std::ios::binary);
    out << "x,y\n1,2\n3,4\n" << std::flush;
    in_time = first_rows_read.get_future().wait_for(std::chrono::seconds(10)) ==
              std::future_status::ready;
    for (int i = 0; i < 50'000; ++i) out << i << "," << -i << "\n";
  });
  TextTable table(path);
  table.choose({{0, 1}, {}});
  TableRows rows;
  CHECK(table.read(2, rows) == 2);
  first_rows_read.set_value();
  CHECK(rows.numbers == std::vector<Real>{1, 2, 3, 4});
  CHECK(table.read(100'000, rows) == 50'000);
  writer.join();
  CHECK(in_time);
  CHECK(rows.numbers.back() == -49'999);
}

TEST_CASE("a hyphen is standard input", "[data][text_table]") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const std::string content = "x,y\n1,2\n3,abc\n";
  REQUIRE(write(ends[1], content.data(), content.size()) == static_cast<ssize_t>(content.size()));
  close(ends[1]);
  const int saved = dup(STDIN_FILENO);
  dup2(ends[0], STDIN_FILENO);
  close(ends[0]);
  std::string label;
  const std::string message = message_of([&] {
    TextTable table("-");
    label = table.label();
    table.choose({{0, 1}, {}});
    TableRows rows;
    table.read(10, rows);
  });
  dup2(saved, STDIN_FILENO);
  close(saved);
  CHECK(label == "stdin");
  CHECK(message == "stdin:3:3: column 'y': 'abc' is not a number");
}

TEST_CASE("millions of rows pass through little memory", "[data][text_table]") {
  const test::TemporaryDirectory directory;
  std::string content = "x,y\n";
  for (int i = 0; i < 300'000; ++i) content += std::to_string(i) + ",0.5\n";
  TextTable table(directory.write("a.csv", content), {.buffer_bytes = 4096});
  table.choose({{0, 1}, {}});
  TableRows rows;
  Index count = 0;
  double sum = 0;
  while (const Index n = table.read(1000, rows)) {
    for (Index i = 0; i < n; ++i) sum += rows.numbers[static_cast<std::size_t>(2 * i)];
    count += n;
    CHECK(rows.numbers.capacity() < 5000);
    rows.clear();
  }
  CHECK(count == 300'000);
  CHECK(sum == 299'999.0 * 150'000.0);
}

TEST_CASE("chunks of any size give the same rows", "[data][text_table]") {
  const test::TemporaryDirectory directory;
  const std::string line_end = GENERATE("\n", "\r\n", "\r\r\n", "\r");
  const std::string last_end = GENERATE("", "\n");
  const std::vector<std::string> lines = {"x,t,y",    "1,a,2.5",   "-3,b,4e-2",          "",
                                          " 5 ,c,+6", "7,\"d\",8", "9,\"e\ne,\"\"\",10", "11,f,12",
                                          " ",        "13,g,14"};
  std::string content;
  for (const std::string& line : lines) content += line + (&line == &lines.back() ? "" : line_end);
  const std::string path = directory.write("a.csv", content + (last_end.empty() ? "" : line_end));
  const bool two_lines = line_end != "\r";  // in the quoted text
  const std::vector<std::int64_t> at = {2, 3, 5, 6, 7, two_lines ? 9 : 8, two_lines ? 11 : 10};
  for (std::size_t chunk = 1; chunk < content.size() + 2; ++chunk) {
    const Content rows = read_table(path, {.threads = 2, .buffer_bytes = 64, .chunk_bytes = chunk});
    CHECK(rows.names == "x|t|y|");
    CHECK(rows.numbers == std::vector<Real>{1, 2.5F, -3, 0.04F, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14});
    CHECK(rows.texts == std::vector<std::string>{"a", "b", "c", "d", "e\ne,\"", "f", "g"});
    CHECK(rows.lines == at);
  }
}

TEST_CASE("the first wrong cell is told with its place, in whatever chunk it is",
          "[data][text_table]") {
  const test::TemporaryDirectory directory;
  std::string content = "x,y\n";
  for (int i = 0; i < 100; ++i) content += i % 10 == 9 ? "\n" : "1.5,2\r\n";
  const std::string path = directory.write("a.csv", content + "3,4,\n1,é;\n5,b\n" + content);
  const std::string cell = directory.write("b.csv", content + "3,4\nö,2\n5\n" + content);
  const std::string quote = directory.write("c.csv", content + "3,4\n3,\"4\n" + content);
  for (std::size_t chunk = 1; chunk < 1000; chunk += 37) {
    const TableReading reading{.threads = 3, .buffer_bytes = 300, .chunk_bytes = chunk};
    CHECK(has(message_of([&] { read_table(path, reading); }), "a.csv:102: 3 fields"));
    CHECK(has(message_of([&] { read_table(cell, reading); }), "b.csv:103:1: column 'x': 'ö'"));
    CHECK(
        has(message_of([&] { read_table(quote, reading); }), "c.csv:103:3: the quote that opens"));
  }
}

TEST_CASE("rows before a wrong one are given first", "[data][text_table]") {
  const test::TemporaryDirectory directory;
  TextTable table(directory.write("a.csv", "x,y\n1,2\n3,4\n5,6\n7,b\n9,10\n"),
                  {.threads = 2, .chunk_bytes = 5});
  table.choose({{0, 1}, {}});
  TableRows rows;
  CHECK(table.read(3, rows) == 3);
  CHECK(rows.numbers == std::vector<Real>{1, 2, 3, 4, 5, 6});
  CHECK(has(message_of([&] { table.read(1, rows); }), "a.csv:5:3: column 'y': 'b'"));
}

TEST_CASE("a gap in a table of one column is told with its line, in whatever chunk it is",
          "[data][text_table]") {
  const test::TemporaryDirectory directory;
  const std::string gap = directory.write("a.csv", "x\n1\n2\n3\n\n4\n");
  const std::string end = directory.write("b.csv", "x\n1\n2\n3\n\n\n");
  for (std::size_t chunk = 1; chunk < 12; ++chunk) {
    const TableReading reading{.threads = 2, .chunk_bytes = chunk};
    CHECK(has(message_of([&] { read_table(gap, reading); }), "a.csv:5: an empty line"));
    CHECK(read_table(end, reading).numbers == std::vector<Real>{1, 2, 3});
  }
}

TEST_CASE("any number of threads reads the same bits", "[data][text_table]") {
  const test::TemporaryDirectory directory;
  std::string content = "x,t,y\n";
  for (int i = 0; i < 60'000; ++i) {
    content += std::to_string(0.001 * i) + ",w" + std::to_string(i) + "," +
               std::to_string(1.0 / (i + 3)) + "e-3\n";
    if (i % 20'000 == 19'999) content += "1,\"a\n,\",2\n";
  }
  const std::string path = directory.write("a.csv", content);
  const Content one = read_table(path, TableReading{});
  REQUIRE(one.lines.size() == 60'003);
  CHECK(one.lines.back() == 60'006);  // the two quoted line ends before it, and the header
  for (const int threads : {2, 3, 4}) {
    CHECK(read_table(path, {.threads = threads, .chunk_bytes = 100'000}) == one);
  }
}

TEST_CASE("long records and NUL bytes are found in what was read ahead", "[data][text_table]") {
  const test::TemporaryDirectory directory;
  const auto lines = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "word,2\n";
    return text;
  };
  const TableReading ahead{.threads = 2, .chunk_bytes = 20'000};  // blocks of 160,000 bytes
  const std::string long_text(250'000, 'a');
  for (const int before : {40'000, 46'000, 48'000}) {
    const std::string start = "t,y\n" + lines(before);
    const std::string path =
        directory.write("a.csv", start + "\"" + long_text + "\",3\n" + lines(60'000));
    const Content content = read_table(path, ahead);
    CHECK(content == read_table(path));
    CHECK(content.texts.at(static_cast<std::size_t>(before)) == long_text);
    CHECK(content.lines.size() == static_cast<std::size_t>(before) + 60'001);
    const std::string nul = directory.write("b.csv", start + "word" + '\0' + ",2\n" + lines(9));
    const std::string place = "b.csv:" + std::to_string(before + 2) + ":5: a NUL byte";
    CHECK(has(message_of([&] { read_table(nul, ahead); }), place));
  }
}

TEST_CASE("numbers are rounded to the nearest float32", "[data][text_table]") {
  std::mt19937_64 generator(1);
  const auto digits = [&](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += static_cast<char>('0' + generator() % 10);
    return text;
  };
  // In the middle of two float32, and at the ends of their range.
  std::vector<std::string> texts = {"16777217",
                                    "1.000000059604644775390625",
                                    "-1.0e-40",
                                    "1.00000005960464478",
                                    "1.0000000596046447753906250001",
                                    "16777217.000000000001",
                                    "1.0000000596046447753906249999",
                                    "16777216.999999999999",
                                    "-0",
                                    "340282346638528859811704183484516925440",
                                    "1e-60",
                                    "1.1754943508222875e-38",
                                    "5.",
                                    ".5",
                                    "1E+2",
                                    "00000000000000000.25",
                                    "3.4028e+38",
                                    "7.006492321624085e-46"};
  for (int i = 0; i < 50'000; ++i) {
    texts.push_back((i % 2 == 0 ? "" : "-") + digits(generator() % 10) + "." +
                    digits(1 + generator() % 12));
    if (i % 3 == 0) {
      texts.back() += "e" + std::to_string(static_cast<int>(generator() % 70) - 40);
    }
  }
  std::string content = "x,y\n";
  for (const std::string& text : texts) content += text + ",1\n";
  const test::TemporaryDirectory directory;
  const Content table = read_table(directory.write("a.csv", content));
  REQUIRE(table.numbers.size() == 2 * texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    INFO(texts[i]);
    // The C library rounds rightly too, by arithmetic of any length.
    REQUIRE(table.numbers[2 * i] == std::strtof(texts[i].c_str(), nullptr));
  }
}
