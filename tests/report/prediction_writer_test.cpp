#include "lora/report/prediction_writer.h"

#include <cstdint>
#include <string>
#include <vector>

#include "lora/io/npy.h"
#include "support/catch.h"
#include "support/temporary_directory.h"

using namespace lora;
using namespace lora::test;

namespace {

std::string written(const PredictionColumns& columns, char separator, bool with_header,
                    const std::vector<Predictions>& pieces) {
  std::string text;
  TextPredictions writer(columns, separator, with_header,
                         [&](std::string_view part) { text += part; });
  for (const Predictions& piece : pieces) writer.write(piece);
  writer.finish();
  return text;
}

Predictions numbers(const Matrix& values, std::vector<std::string> kept = {}) {
  return {values, {}, std::move(kept)};
}

NpyArray parsed(const std::string& file) {
  return parse_npy(std::as_bytes(std::span(file)), "f");
}

}  // namespace

TEST_CASE("numbers are written so that the same float is read again", "[report][predictions]") {
  Matrix values(2, 2);
  values << 0.1F, 1, -2.5e-20F, 16777216;
  CHECK(written({{}, {"a", "b"}, {}}, ',', true, {numbers(values)}) ==
        "a,b\n0.1,1\n-2.5e-20,16777216\n");
}

TEST_CASE("kept columns stand in front, quoted where it takes quotes", "[report][predictions]") {
  Matrix value(1, 1);
  value << 1;
  const std::string expected = "\"a,b\",n,y\n\"say \"\"hi\"\"\",\" x\",1\n\"1\n2\",,1\n";
  CHECK(written({{"a,b", "n"}, {"y"}, {}}, ',', true,
                {numbers(value, {"say \"hi\"", " x"}), numbers(value, {"1\n2", ""})}) == expected);
}

TEST_CASE("classes are written by name, else by index", "[report][predictions]") {
  const Predictions classes = {{}, {1, 0, 1}, {}};
  CHECK(written({{}, {"class"}, {"cat", "dog;s"}}, ';', false, {classes}) ==
        "\"dog;s\"\ncat\n\"dog;s\"\n");
  CHECK(written({{}, {"class"}, {}}, ',', true, {classes}) == "class\n1\n0\n1\n");
}

TEST_CASE("a header alone is written even without rows", "[report][predictions]") {
  CHECK(written({{}, {"y"}, {}}, ',', true, {}) == "y\n");
}

TEST_CASE("an array of predictions has the shape of all pieces", "[report][predictions]") {
  const TemporaryDirectory directory;
  const std::string path = (directory.path() / "y.npy").string();
  Matrix first(2, 3);
  first << 1, 2, 3, 4, 5, 6;
  Matrix second(1, 3);
  second << 7, 8, 9;
  {
    NpyPredictions writer(path);
    writer.write(numbers(first));
    writer.write(numbers(second));
    CHECK_FALSE(std::filesystem::exists(path));
    writer.finish();
  }
  const std::string file = read_file(path);
  const NpyArray array = parsed(file);
  CHECK(array.dtype == DType::f32);
  CHECK(array.shape == std::vector<std::uint64_t>{3, 3});
  CHECK(npy_element(array, 2, 1) == 8);
}

TEST_CASE("an array of classes is a list of 64-bit integers", "[report][predictions]") {
  const TemporaryDirectory directory;
  const std::string path = (directory.path() / "y.npy").string();
  NpyPredictions writer(path);
  writer.write({{}, {2, 0}, {}});
  writer.finish();
  const std::string file = read_file(path);
  CHECK(parsed(file).dtype == DType::i64);
  CHECK(npy_to_int64(parsed(file)) == std::vector<std::int64_t>{2, 0});
}

TEST_CASE("a file of predictions appears when it is complete", "[report][predictions]") {
  const TemporaryDirectory directory;
  const std::string path = (directory.path() / "y.csv").string();
  Matrix value(1, 1);
  value << 1;
  {
    TextFilePredictions writer(path, {{}, {"y"}, {}}, ',', true);
    writer.write(numbers(value));
  }
  CHECK_FALSE(std::filesystem::exists(path));
  TextFilePredictions writer(path, {{}, {"y"}, {}}, ',', true);
  writer.write(numbers(value));
  writer.finish();
  CHECK(read_file(path) == "y\n1\n");
}
