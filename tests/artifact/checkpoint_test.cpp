#include "lora/artifact/checkpoint.h"

#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>

#include "lora/core/error.h"
#include "support/catch.h"
#include "support/temporary_directory.h"

using namespace lora;
using namespace lora::test;

namespace {

/// An object with one part of each kind.
struct Thing {
  Matrix matrix = Matrix::Constant(2, 3, Real(0.1));
  double number = 1.0 / 3;
  std::int64_t whole = -7;
  std::string text = "a\nb";

  void visit_state(StateVisitor& visitor) {
    visitor.matrix("m", matrix);
    visitor.number("n", number);
    visitor.whole("w", whole);
    visitor.text("t", text);
  }
};

void save(CheckpointDirectory& directory, std::int64_t step) {
  Thing thing;
  thing.whole = step;
  directory.save(step, {{"fact", step}}, [&](StateVisitor& v) { thing.visit_state(v); });
}

std::string newest_file(const TemporaryDirectory& directory, const std::string& extension) {
  std::string newest;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
    if (entry.path().extension() == extension) newest = std::max(newest, entry.path().string());
  }
  return newest;
}

}  // namespace

TEST_CASE("a checkpoint gives back what it was given, to the last bit", "[artifact][checkpoint]") {
  const TemporaryDirectory directory;
  CheckpointDirectory checkpoints(directory.path().string());
  save(checkpoints, 12);
  std::vector<std::string> damaged;
  const auto checkpoint = checkpoints.newest(damaged);
  REQUIRE(checkpoint);
  CHECK(damaged.empty());
  CHECK(checkpoint->step() == 12);
  CHECK(checkpoint->facts()["fact"] == 12);
  Thing other{Matrix(), 0, 0, ""};
  checkpoint->restore([&](StateVisitor& v) { other.visit_state(v); });
  const Thing thing;
  CHECK(other.matrix == thing.matrix);
  CHECK(other.number == thing.number);
  CHECK(other.whole == 12);
  CHECK(other.text == thing.text);
}

TEST_CASE("the last two checkpoints are kept", "[artifact][checkpoint]") {
  const TemporaryDirectory directory;
  CheckpointDirectory checkpoints(directory.path().string());
  for (const std::int64_t step : {8, 9, 10, 100}) save(checkpoints, step);
  CHECK(checkpoints.steps() == std::vector<std::int64_t>{10, 100});
  checkpoints.clear();
  CHECK(checkpoints.steps().empty());
  CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("a checkpoint cut at any length is passed over for the one before",
          "[artifact][checkpoint]") {
  for (const std::string extension : {".safetensors", ".json"}) {
    const TemporaryDirectory directory;
    CheckpointDirectory checkpoints(directory.path().string());
    save(checkpoints, 1);
    save(checkpoints, 2);
    const std::string file = newest_file(directory, extension);
    const std::string whole = read_file(file);
    for (std::size_t length = 0; length + 2 < whole.size(); ++length) {
      std::filesystem::resize_file(file, 0);
      directory.write(std::filesystem::path(file).filename().string(), whole.substr(0, length));
      std::vector<std::string> damaged;
      const auto checkpoint = checkpoints.newest(damaged);
      REQUIRE(checkpoint);
      REQUIRE(checkpoint->step() == 1);
      REQUIRE(damaged.size() == 1);
    }
  }
}

TEST_CASE("a changed byte is found, and no whole checkpoint is none", "[artifact][checkpoint]") {
  const TemporaryDirectory directory;
  CheckpointDirectory checkpoints(directory.path().string());
  save(checkpoints, 1);
  const std::string file = newest_file(directory, ".safetensors");
  std::string content = read_file(file);
  content.back() = static_cast<char>(content.back() ^ 1);
  directory.write(std::filesystem::path(file).filename().string(), content);
  std::vector<std::string> damaged;
  CHECK_FALSE(checkpoints.newest(damaged));
  REQUIRE(damaged.size() == 1);
  CHECK(damaged[0].find("damaged") != std::string::npos);
}

TEST_CASE("a part that a checkpoint does not have is refused", "[artifact][checkpoint]") {
  const TemporaryDirectory directory;
  CheckpointDirectory checkpoints(directory.path().string());
  save(checkpoints, 1);
  std::vector<std::string> damaged;
  const auto checkpoint = checkpoints.newest(damaged);
  Matrix matrix;
  CHECK_THROWS_AS(checkpoint->restore([&](StateVisitor& v) { v.matrix("other", matrix); }), Error);
  double number = 0;
  CHECK_THROWS_AS(checkpoint->restore([&](StateVisitor& v) { v.number("t", number); }), Error);
}

TEST_CASE("a matrix keeps the shape that it has where a checkpoint's is put",
          "[artifact][checkpoint]") {
  const TemporaryDirectory directory;
  CheckpointDirectory checkpoints(directory.path().string());
  save(checkpoints, 1);
  std::vector<std::string> damaged;
  const auto checkpoint = checkpoints.newest(damaged);
  for (const auto& [rows, cols] : {std::pair<Index, Index>{3, 2}, {2, 2}, {6, 1}}) {
    Matrix other = Matrix::Zero(rows, cols);
    CHECK_THROWS_AS(checkpoint->restore([&](StateVisitor& v) { v.matrix("m", other); }), Error);
    CHECK(other == Matrix::Zero(rows, cols));
  }
}

TEST_CASE("a checkpoint whose facts nest without end is passed over", "[artifact][checkpoint]") {
  const TemporaryDirectory directory;
  CheckpointDirectory checkpoints(directory.path().string());
  save(checkpoints, 1);
  directory.write(std::filesystem::path(newest_file(directory, ".json")).filename().string(),
                  R"({"facts": )" + std::string(200'000, '[') + std::string(200'000, ']') +
                      R"(, "state": {}, "tensors": ""})");
  std::vector<std::string> damaged;
  CHECK_FALSE(checkpoints.newest(damaged));
  CHECK(damaged.size() == 1);
}
