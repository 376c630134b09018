#include "lora/io/append_file.h"

#include <filesystem>
#include <string>
#include <string_view>

#include "io/file_size_limit.h"
#include "lora/core/error.h"
#include "support/catch.h"
#include "support/temporary_directory.h"

using namespace lora;
using namespace lora::test;

namespace fs = std::filesystem;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// The sentence of the Error(output) that `action` throws.
template <class Action>
std::string refusal_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::output);
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("what is appended can be read at once", "[io][append]") {
  const TemporaryDirectory directory;
  const std::string path = (directory.path() / "log").string();
  AppendFile file(path, bytes_of("one\n"));
  CHECK(read_file(path) == "one\n");
  file.append(bytes_of("two\n"));
  CHECK(read_file(path) == "one\ntwo\n");
  file.append(bytes_of(std::string(300000, 'x')));
  CHECK(fs::file_size(path) == 300008);
  file.flush();
}

TEST_CASE("a growing file takes the place of the one that was there", "[io][append]") {
  const TemporaryDirectory directory;
  const std::string path = directory.write("log", "old and long\n");
  const std::string linked = (directory.path() / "linked").string();
  fs::create_hard_link(path, linked);
  AppendFile(path, bytes_of("new\n")).append(bytes_of("er\n"));
  CHECK(read_file(path) == "new\ner\n");
  CHECK(read_file(linked) == "old and long\n");
}

TEST_CASE("a full disk leaves a growing file as it was before", "[io][append]") {
  const TemporaryDirectory directory;
  const std::string path = (directory.path() / "log").string();
  AppendFile file(path, bytes_of("start\n"));
  {
    const FileSizeLimit limit(10);
    const std::string refusal = refusal_of([&] { file.append(bytes_of("too much\n")); });
    CHECK(refusal.find(path) != std::string::npos);
    CHECK(refusal.find("larger than allowed") != std::string::npos);
  }
  CHECK(read_file(path) == "start\n");
  file.append(bytes_of("more\n"));
  CHECK(read_file(path) == "start\nmore\n");
}

TEST_CASE("two runs do not write to one file", "[io][append]") {
  const TemporaryDirectory directory;
  const std::string path = (directory.path() / "log").string();
  {
    AppendFile file(path, bytes_of("first\n"));
    CHECK(refusal_of([&] { AppendFile(path, {}); }).find("another run") != std::string::npos);
    file.append(bytes_of("more\n"));
    CHECK(read_file(path) == "first\nmore\n");
  }
  const AppendFile after(path, {});
  CHECK(read_file(path).empty());
}

TEST_CASE("a growing file is a regular one in a directory that is there", "[io][append]") {
  const TemporaryDirectory directory;
  CHECK(refusal_of([&] { AppendFile(directory.path().string(), {}); }).find("directory") !=
        std::string::npos);
  CHECK(refusal_of([&] {
          AppendFile((directory.path() / "no" / "log").string(), {});
        }).find("does not exist") != std::string::npos);
  CHECK(refusal_of([] { AppendFile("/dev/null", {}); }).find("device") != std::string::npos);
}
