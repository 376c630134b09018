#include "lora/data/table_part.h"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lora/data/text_table.h"
#include "support/catch.h"
#include "support/processes.h"
#include "support/temporary_directory.h"

using namespace lora;

namespace {

struct Read {
  std::vector<Real> numbers;
  std::vector<std::int64_t> lines;
};

/// The rows of one process's part; none if it is not cut by bytes.
std::optional<Read> read_part(const std::string& path, Group& group) {
  const auto part = table_part(path, group, /*smallest=*/1);
  if (!part) return std::nullopt;
  TextTable table(path, {.threads = 2, .buffer_bytes = 16, .chunk_bytes = 8});
  table.choose({{0, 1}, {}});
  table.go_to(*part);
  TableRows rows;
  while (table.read(3, rows) == 3) continue;
  return Read{rows.numbers, rows.lines};
}

/// Of two processes, how many read a part by bytes.
int count_cut(const std::string& path, std::uint64_t smallest) {
  std::atomic<int> count = 0;
  test::run_processes(2, [&](Group& group) {
    if (table_part(path, group, smallest)) ++count;
  });
  return count;
}

}  // namespace

TEST_CASE("parts of a table by bytes are all of its rows, with their lines", "[data][table_part]") {
  const test::TemporaryDirectory directory;
  const std::string mark = GENERATE("", "\xEF\xBB\xBF");
  const std::string header = GENERATE("", "x,y\n", "sep=,\nx,y\n");
  const std::string line_end = GENERATE("\n", "\r\n");
  const std::string last_end = GENERATE("", "\n", "\n\n\n");
  std::string content = mark + header;
  std::vector<Real> numbers;
  for (int i = 0; i < 40; ++i) {
    content += (i == 0 ? "" : line_end) + std::to_string(i * i) + "," + std::to_string(i);
    if (i % 7 == 3) content += line_end + " ";
    numbers.insert(numbers.end(), {static_cast<Real>(i * i), static_cast<Real>(i)});
  }
  const std::string path = directory.write("a.csv", content + last_end);
  SingleProcess alone;
  const Read whole = read_part(path, alone).value();
  REQUIRE(whole.numbers == numbers);
  for (const int processes : {2, 3, 7}) {
    std::vector<Read> parts(static_cast<std::size_t>(processes));
    test::run_processes(processes, [&](Group& group) {
      parts[static_cast<std::size_t>(group.rank())] = read_part(path, group).value();
    });
    Read all;
    for (const Read& part : parts) {
      CHECK(part.lines.size() < 40);
      all.numbers.insert(all.numbers.end(), part.numbers.begin(), part.numbers.end());
      all.lines.insert(all.lines.end(), part.lines.begin(), part.lines.end());
    }
    CHECK(all.numbers == numbers);
    CHECK(all.lines == whole.lines);
  }
}

TEST_CASE("a table is not cut by bytes where a line may be no row", "[data][table_part]") {
  const test::TemporaryDirectory directory;
  const std::string plain = "x,y\n1,2\n3,4\n5,6\n7,8\n";
  for (const std::string& content : {plain + "\"9\",1\n", std::string("x,y\r1,2\r3,4\r")}) {
    const std::string path = directory.write("a.csv", content);
    CHECK(count_cut(path, 1) == 0);
  }
  const std::string path = directory.write("b.csv", plain);
  CHECK(count_cut(path, 1) == 2);
  CHECK(count_cut(path, 1'000'000) == 0);
}

TEST_CASE("a table is not cut by bytes where a part would have no row", "[data][table_part]") {
  const test::TemporaryDirectory directory;
  const std::string rows = "1,2\n3,4\n5,6\n7,8\n";
  const std::string long_name(40, 'x');
  CHECK(count_cut(directory.write("end.csv", "x,y\n" + rows + std::string(40, '\n')), 1) == 0);
  CHECK(count_cut(directory.write("blanks.csv", "x,y\n" + rows + "  \r\n\t\n    \n    \n"), 1) ==
        0);
  CHECK(count_cut(directory.write("header.csv", long_name + ",y\n" + rows), 1) == 0);
  CHECK(count_cut(directory.write("few.csv", "x,y\n" + rows), 1) == 2);
}
