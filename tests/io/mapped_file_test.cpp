#include "lora/io/mapped_file.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <utility>
#include <vector>

#include "io/bytes.h"
#include "io/unprivileged.h"
#include "lora/io/file_descriptor.h"
#include "support/temporary_directory.h"

using namespace lora;
using namespace lora::test;

TEST_CASE("a mapped file shows the bytes of the file", "[io][mapped_file]") {
  const TemporaryDirectory directory;
  const std::string content = std::string(10'000, 'x') + "the end";
  const std::string path = directory.write("a.bin", content);
  const MappedFile file(path);
  CHECK(as_string(file.bytes()) == content);
  CHECK(file.text() == content);
  CHECK(file.path() == path);
}

TEST_CASE("an empty file is mapped to nothing", "[io][mapped_file]") {
  const TemporaryDirectory directory;
  const MappedFile file(directory.write("empty", ""));
  CHECK(file.bytes().empty());
  CHECK(file.text().empty());
}

TEST_CASE("a mapping stays where it is when its owner moves", "[io][mapped_file]") {
  const TemporaryDirectory directory;
  MappedFile first(directory.write("a", "first"));
  const auto* const address = first.bytes().data();
  MappedFile second(std::move(first));
  CHECK(second.bytes().data() == address);

  MappedFile other(directory.write("b", "other"));
  other = std::move(second);
  CHECK(other.bytes().data() == address);
  CHECK(as_string(other.bytes()) == "first");
  CHECK(other.path() == (directory.path() / "a").string());
}

TEST_CASE("a mapping keeps what it shows when the file is replaced", "[io][mapped_file]") {
  const TemporaryDirectory directory;
  const MappedFile file(directory.write("a", "old"));
  std::filesystem::rename(directory.write("b", "new"), directory.path() / "a");
  CHECK(as_string(file.bytes()) == "old");
}

TEST_CASE("what cannot be mapped is refused with its reason", "[io][mapped_file]") {
  const TemporaryDirectory directory;
  const std::string pipe = (directory.path() / "pipe").string();
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const struct {
    std::string path;
    std::string_view reason;
  } cases[] = {
      {(directory.path() / "absent").string(), "there is no such file"},
      {directory.path().string(), "is a directory"},
      {pipe, "is a pipe"},
      {"/dev/null", "is a device"},
      {directory.write("file", "") + "/below", "cannot be read: Not a directory"},
  };
  for (const auto& test : cases) {
    const std::string message = error_of(ErrorKind::input, [&] { MappedFile file(test.path); });
    INFO(message);
    CHECK(contains(message, test.reason));
    CHECK(message.starts_with(test.path + ": "));
  }
}

TEST_CASE("a socket is refused as what it is", "[io][mapped_file]") {
  const TemporaryDirectory directory;
  const std::string path = (directory.path() / "socket").string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof(address.sun_path));
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  const std::string message = error_of(ErrorKind::input, [&] { MappedFile file(path); });
  CHECK(contains(message, "is a socket"));
}

TEST_CASE("a file that may not be read is refused", "[io][mapped_file]") {
  const TemporaryDirectory directory;
  const std::string path = directory.write("secret", "x");
  std::filesystem::permissions(path, std::filesystem::perms::none);
  const Unprivileged nobody(directory.path());
  if (!nobody.works()) return;
  const std::string message = error_of(ErrorKind::input, [&] { MappedFile file(path); });
  CHECK(contains(message, "no permission"));
}

TEST_CASE("bytes whose pages were given back are there when they are looked at",
          "[io][mapped_file]") {
  const TemporaryDirectory directory;
  std::string text;
  while (text.size() < 20'000) text += std::to_string(text.size()) + " ";
  directory.write("file", text);
  const MappedFile file((directory.path() / "file").string());
  file.forget(file.bytes());
  CHECK(file.text() == text);
  file.forget(file.bytes().subspan(5000, 10'000));
  CHECK(file.text() == text);

  std::vector<std::byte> elsewhere(20'000, std::byte{7});
  file.forget(elsewhere);
  CHECK(std::ranges::count(elsewhere, std::byte{7}) == 20'000);
}
