#include "lora/data/dataset_reader.h"

#include <filesystem>
#include <fstream>
#include <ios>
#include <limits>
#include <string>
#include <vector>

#include "lora/core/error.h"
#include "lora/io/npy_writer.h"
#include "support/catch.h"
#include "support/temporary_directory.h"

using namespace lora;
using namespace lora::test;

namespace {

using Names = std::vector<std::string>;

Matrix matrix(Index rows, Index cols, const std::vector<Real>& values) {
  return ViewMap(values.data(), rows, cols, Eigen::OuterStride<>(cols));
}

std::string message_of(const DatasetRequest& request) {
  try {
    DatasetReader(request).read_all();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

void check_says(const std::string& message, const Names& parts) {
  CAPTURE(message);
  CHECK_FALSE(message.empty());
  for (const std::string& part : parts) {
    CAPTURE(part);
    CHECK(message.find(part) != std::string::npos);
  }
}

std::string npy(const std::vector<std::uint64_t>& shape, const std::vector<float>& values) {
  return npy_header(DType::f32, shape) +
         std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
}

std::string npy(const std::vector<std::int64_t>& values) {
  return npy_header(DType::i64, {values.size()}) +
         std::string(reinterpret_cast<const char*>(values.data()),
                     values.size() * sizeof(std::int64_t));
}

const std::string kTable = "id,x1,label,x2,w,y\nr1,1,cat,2,1,0.5\nr2,3,dog,4,0,1.5\n";

DatasetRequest request_of(const TemporaryDirectory& directory, const std::string& target) {
  DatasetRequest request;
  request.data = directory.write("data.csv", kTable);
  request.target = target;
  request.left_out = "id";
  return request;
}

}  // namespace

TEST_CASE("the columns of a table go where they are wanted", "[data][reader]") {
  const TemporaryDirectory directory;
  DatasetRequest request = request_of(directory, "label");
  request.weight_column = "w";
  request.keep_columns = "label,id";
  request.left_out = "y";
  DatasetReader reader(request);
  CHECK(reader.facts().task == Task::classification);  // by its first label
  CHECK(reader.facts().feature_names == Names{"x1", "x2"});
  CHECK(reader.facts().target_names == Names{"label"});
  CHECK(reader.facts().kept_names == Names{"label", "id"});
}

TEST_CASE("a table is read whole, its words as classes", "[data][reader]") {
  const TemporaryDirectory directory;
  DatasetRequest request = request_of(directory, "label");
  request.weight_column = "w";
  request.keep_columns = "label";
  request.left_out = "y,id";
  DatasetReader reader(request);
  const Dataset data = reader.read_all();
  CHECK(data.features == matrix(2, 2, {1, 2, 3, 4}));
  CHECK(data.labels == std::vector<std::int32_t>{0, 1});
  CHECK(data.classes == 2);
  CHECK(data.weights == std::vector<Real>{1, 0});
  CHECK(reader.class_names() == Names{"cat", "dog"});
}

TEST_CASE("several numeric targets stand beside the features", "[data][reader]") {
  const TemporaryDirectory directory;
  DatasetRequest request = request_of(directory, "y, x1");
  request.left_out = "id,label,w";
  DatasetReader reader(request);
  CHECK(reader.facts().task == Task::regression);
  const Dataset data = reader.read_all();
  CHECK(data.features == matrix(2, 1, {2, 4}));
  CHECK(data.targets == matrix(2, 2, {0.5, 1, 1.5, 3}));
}

TEST_CASE("known features are found by their names, in any order of the columns",
          "[data][reader]") {
  const TemporaryDirectory directory;
  DatasetRequest request = request_of(directory, "y");
  request.feature_names = {"x2", "x1"};
  CHECK(DatasetReader(request).read_all().features == matrix(2, 2, {2, 1, 4, 3}));
  request.feature_names = {"x2", "x3"};
  check_says(message_of(request), {"data.csv", "'x3'", "'x2'"});
}

TEST_CASE("a table is read in pieces", "[data][reader]") {
  const TemporaryDirectory directory;
  DatasetRequest request;
  request.data = directory.write("data.csv", "a,y\n1,2\n3,4\n5,6\n");
  request.target = "y";
  DatasetReader reader(request);
  Dataset piece;
  REQUIRE(reader.read(2, piece));
  CHECK(piece.features == matrix(2, 1, {1, 3}));
  REQUIRE(reader.read(2, piece));
  CHECK(piece.features == matrix(1, 1, {5}));
  CHECK(piece.targets == matrix(1, 1, {6}));
  CHECK_FALSE(reader.read(2, piece));
}

TEST_CASE("words in pieces need the names of the classes", "[data][reader]") {
  const TemporaryDirectory directory;
  DatasetRequest request = request_of(directory, "label");
  request.left_out = "id,y";
  request.outputs = 2;
  Dataset piece;
  DatasetReader unknown(request);
  CHECK_THROWS_AS(unknown.read(2, piece), Error);
  request.class_names = DatasetReader(request).scan_class_names();
  CHECK(request.class_names == Names{"cat", "dog"});
  DatasetReader known(request);
  REQUIRE(known.read(1, piece));
  CHECK(piece.labels == std::vector<std::int32_t>{0});
  REQUIRE(known.read(1, piece));
  CHECK(piece.labels == std::vector<std::int32_t>{1});
}

TEST_CASE("features and targets may come from files of different kinds", "[data][reader]") {
  const TemporaryDirectory directory;
  const std::string table = directory.write("x.csv", "a,b\n1,2\n3,4\n");
  const std::string array = directory.write("x.npy", npy({2, 2}, {1, 2, 3, 4}));
  const std::string number_array = directory.write("y.npy", npy({2}, {5, 6}));
  const std::string number_table = directory.write("y.csv", "t\n5\n6\n");
  for (const std::string& data : {table, array}) {
    for (const std::string& target : {number_array, number_table}) {
      CAPTURE(data, target);
      DatasetRequest request;
      request.data = data;
      request.target = target;
      const Dataset dataset = DatasetReader(request).read_all();
      CHECK(dataset.features == matrix(2, 2, {1, 2, 3, 4}));
      CHECK(dataset.targets == matrix(2, 1, {5, 6}));
    }
  }
  DatasetRequest request;
  request.data = table;
  request.target = directory.write("labels.npy", npy(std::vector<std::int64_t>{2, 0}));
  request.task = Task::classification;
  CHECK(DatasetReader(request).read_all().labels == std::vector<std::int32_t>{2, 0});
}

TEST_CASE("files of different lengths are refused with both", "[data][reader]") {
  const TemporaryDirectory directory;
  DatasetRequest request;
  request.data = directory.write("x.npy", npy({2, 2}, {1, 2, 3, 4}));
  request.target = directory.write("y.npy", npy({3}, {1, 2, 3}));
  check_says(message_of(request), {"y.npy", "3 rows", "x.npy", "has 2"});
  request.target = directory.write("y.csv", "t\n1\n2\n3\n");
  check_says(message_of(request), {"y.csv", "x.npy", "2 rows"});
  request.target = directory.write("short.csv", "t\n1\n");
  check_says(message_of(request), {"short.csv", "1 rows", "x.npy"});
}

TEST_CASE("endings of file names may be in capitals", "[data][reader]") {
  const TemporaryDirectory directory;
  DatasetRequest request;
  request.data = directory.write("EXPORT.CSV", "a,y\n1,2\n");
  request.target = "y";
  CHECK(DatasetReader(request).read_all().features == matrix(1, 1, {1}));
}

TEST_CASE("a file of another kind is refused with what to do", "[data][reader]") {
  struct Row {
    std::string name;
    std::string words;
  };
  const std::vector<Row> rows = {
      {"a.csv.gz", "gunzip -c"},  {"a.XLSX", "export"},  {"a.pt", ".safetensors"},
      {"a.txt", "name it .csv"},  {"a.zip", "unpack"},   {"a.parquet", "export the table as CSV"},
      {"a.yaml", "none of them"}, {"a", "none of them"},
  };
  for (const Row& row : rows) {
    DatasetRequest request;
    request.data = row.name;
    request.target = "y";
    check_says(message_of(request), {row.name + ": the kinds of data", ".csv, .tsv", row.words});
  }
}

TEST_CASE("a column has one use only", "[data][reader]") {
  const TemporaryDirectory directory;
  DatasetRequest request = request_of(directory, "y");
  request.left_out = "id,label";
  request.weight_column = "y";
  check_says(message_of(request), {"'y'", "weight"});
  request.weight_column = "x1,x2";
  check_says(message_of(request), {"'x1,x2'", "weight"});
  request.weight_column = "w";
  request.feature_names = {"x1", "w"};
  check_says(message_of(request), {"'w'", "feature"});
}

TEST_CASE("a target that turns out to be a word is told from a bad number", "[data][reader]") {
  const TemporaryDirectory directory;
  DatasetRequest request;
  request.target = "y";
  request.data = directory.write("data.csv", "x,y\n1,0\n2,1\n3,unknown\n");
  check_says(message_of(request),
             {"data.csv:4:3: column 'y': 'unknown' is not a number", "--task classification"});
  request.data = directory.write("data.csv", "x,y\n1,None\n2,mild\n");
  check_says(message_of(request), {"data.csv:2:3", "'None'", "--task classification"});
  const auto speaks_of_classes = [&](const std::string& table) {
    request.data = directory.write("data.csv", table);
    return message_of(request).find("--task") != std::string::npos;
  };
  CHECK_FALSE(speaks_of_classes("x,y\nabc,0\n"));
  CHECK_FALSE(speaks_of_classes("x,y\n1,0\n2,\n"));
  CHECK_FALSE(speaks_of_classes("x,y\n1,0\n2,\"1,5\"\n"));
  request.task = Task::regression;
  CHECK_FALSE(speaks_of_classes("x,y\n1,0\n2,abc\n"));
  request.task = Task::classification;
  CHECK(message_of(request).empty());
}

TEST_CASE("features of one name are refused before they are kept with an adapter",
          "[data][reader]") {
  const TemporaryDirectory directory;
  DatasetRequest request;
  request.data = directory.write("data.csv", "a,b,a,y\n1,2,3,4\n");
  request.target = "y";
  check_says(message_of(request), {"data.csv: columns 1 and 3 are both named 'a'", "rename"});
  request.left_out = "1,3";
  CHECK(DatasetReader(request).read_all().features == matrix(1, 1, {2}));
}

TEST_CASE("weights below 0, and weights of 0 alone, are refused", "[data][reader]") {
  const TemporaryDirectory directory;
  DatasetRequest request;
  request.target = "y";
  request.weight_column = "w";
  request.data = directory.write("data.csv", "x,w,y\n1,1,1\n2,-1,1\n");
  check_says(message_of(request), {"data.csv:3", "'w'", "-1"});
  request.data = directory.write("data.csv", "x,w,y\n1,0,1\n2,0,1\n");
  check_says(message_of(request), {"data.csv", "weight 0"});
}

TEST_CASE("with several labels a row the targets are from 0 to 1", "[data][reader]") {
  const TemporaryDirectory directory;
  DatasetRequest request;
  request.task = Task::multilabel;
  request.target = "y1,y2";
  request.data = directory.write("good.csv", "x,y1,y2\n1,0,1\n2,0.5,1\n");
  CHECK(DatasetReader(request).read_all().targets == matrix(2, 2, {0, 1, 0.5, 1}));
  request.data = directory.write("bad.csv", "x,y1,y2\n1,0,1\n2,0.5,1.5\n");
  check_says(message_of(request), {"bad.csv:3", "'y2'", "1.5", "0 where"});
  request.data = directory.write("below.csv", "x,y1,y2\n1,-1,1\n");
  check_says(message_of(request), {"below.csv:2", "'y1'", "-1"});
  request.data = directory.write("x.npy", npy({2, 1}, {1, 2}));
  request.target = directory.write("y.npy", npy({2, 3}, {0, 1, 1, 0, 0, 2}));
  check_says(message_of(request), {"y.npy: row 1", "column 3", "is 2"});
}

namespace {

constexpr Index kManyRows = 1 << 16;
constexpr Index kManyColumns = 256;  // 64 MiB of float32

/// Rows of zeros, most of which take no room on the disk, but for one number.
std::string large_array(const TemporaryDirectory& directory, float last) {
  const std::string header = npy_header(DType::f32, {kManyRows, kManyColumns});
  const std::string file = directory.write("large.npy", header);
  const auto size = header.size() + sizeof(float) * kManyRows * kManyColumns;
  std::filesystem::resize_file(file, size);
  std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
  out.seekp(static_cast<std::streamoff>(size - sizeof(float)));
  out.write(reinterpret_cast<const char*>(&last), sizeof last);
  REQUIRE(out.flush());
  return file;
}

}  // namespace

TEST_CASE("a large array of features stays in its file, a small one does not", "[data][reader]") {
  const TemporaryDirectory directory;
  DatasetRequest request;
  request.data = directory.write("small.npy", npy({2, 2}, {1, 2, 3, 4}));
  CHECK_FALSE(DatasetReader(request).facts().can_map_features);

  request.data = large_array(directory, 2.5F);
  DatasetReader reader(request);
  CHECK(reader.facts().can_map_features);
  const Dataset data = reader.read_all();
  CHECK(data.rows() == kManyRows);
  CHECK(data.features.cols() == kManyColumns);
  CHECK(data.features.row(kManyRows - 1)(kManyColumns - 1) == 2.5F);
  CHECK(data.features.row(kManyRows - 1)(0) == 0);
}

TEST_CASE("a number of a large array that is not finite is refused with its place",
          "[data][reader]") {
  const TemporaryDirectory directory;
  DatasetRequest request;
  request.data = large_array(directory, std::numeric_limits<float>::infinity());
  check_says(message_of(request), {"large.npy", "row 65535, column 255", "not a finite number"});
}
