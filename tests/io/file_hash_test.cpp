#include "lora/io/file_hash.h"

#include <ctime>
#include <filesystem>
#include <utime.h>

#include "io/bytes.h"
#include "support/temporary_directory.h"

using namespace lora;
using namespace lora::test;

namespace {

/// The bytes i·7 mod 251.
std::string pattern(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * 7 % 251);
  return bytes;
}

void set_time(const std::string& path, std::time_t seconds) {
  const utimbuf times{seconds, seconds};
  REQUIRE(::utime(path.c_str(), &times) == 0);
}

}  // namespace

TEST_CASE("a file's hash is what xxhsum prints", "[io][file_hash]") {
  const TemporaryDirectory directory;
  const struct {
    std::string content;
    std::string_view digits;  // from python-xxhash's xxh3_128_hexdigest
  } cases[] = {
      {"", "99aa06d3014798d86001c324468d497f"},
      {"a", "a96faf705af16834e6c632b61e964e1f"},
      {"abc", "06b05ab6733a618578af5f94892f3950"},
      {pattern(240), "17ffe035d71c1ec8e6bf81617aad6c4a"},
      {pattern(241), "29bc1e9cffb6d79bc614c8c3575348c1"},
      {pattern(5000), "5ecbf80121973a82ce29a19460ee1bfc"},
  };
  for (const auto& test : cases) {
    INFO(test.content.size());
    const std::string path = directory.write(std::to_string(test.content.size()), test.content);
    CHECK(hash_file(path).text == "xxh3-128:" + std::string(test.digits));
    CHECK(hash_file(path).size == test.content.size());
    CHECK(hash_file(path, {test.content.size(), 1}).text == hash_file(path).text);
  }
}

TEST_CASE("of a large file the size, the time and both ends are hashed", "[io][file_hash]") {
  const TemporaryDirectory directory;
  const std::string path = directory.write("large", pattern(5000));
  set_time(path, 1'700'000'000);
  const FileHash hash = hash_file(path, {4999, 100});
  CHECK(hash.size == 5000);
  CHECK(hash.text == "xxh3-128-ends:5000:1700000000:bfd237403a95dfbf0d15e90f3d4ff70c");

  set_time(path, 1'700'000'001);
  CHECK(hash_file(path, {4999, 100}).text ==
        "xxh3-128-ends:5000:1700000001:bfd237403a95dfbf0d15e90f3d4ff70c");

  const auto hash_with = [&](std::size_t position) {
    std::string content = pattern(5000);
    content[position] = 'x';
    const std::string changed = directory.write(std::to_string(position), content);
    set_time(changed, 1'700'000'000);
    return hash_file(changed, {4999, 100}).text;
  };
  for (const std::size_t position : {0U, 99U, 4900U, 4999U})
    CHECK(hash_with(position) != hash.text);
  for (const std::size_t position : {100U, 4899U}) CHECK(hash_with(position) == hash.text);
}

TEST_CASE("the ends may overlap, or be the whole file", "[io][file_hash]") {
  const TemporaryDirectory directory;
  const std::string path = directory.write("small", "abcde");
  // of "abcdbcde"
  CHECK(contains(hash_file(path, {4, 4}).text, ":3c6c10b831a09e06c9f5884eb023c2a9"));
  CHECK(hash_file(path, {4, 5}).text == hash_file(path, {4, 1000}).text);
}

TEST_CASE("a file of more than a gibibyte is not read whole", "[io][file_hash]") {
  const TemporaryDirectory directory;
  const std::string path = directory.write("sparse", "start");
  std::filesystem::resize_file(path, (1ULL << 30U) + 1);
  CHECK(hash_file(path).text.starts_with("xxh3-128-ends:1073741825:"));
}

TEST_CASE("what cannot be read has no hash", "[io][file_hash]") {
  const TemporaryDirectory directory;
  const std::string absent = (directory.path() / "absent").string();
  CHECK(contains(error_of(ErrorKind::input, [&] { hash_file(absent); }),
                 absent + ": there is no such file"));
  CHECK(contains(error_of(ErrorKind::input, [&] { hash_file(directory.path().string()); }),
                 "is a directory"));
}
