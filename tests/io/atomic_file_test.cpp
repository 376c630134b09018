#include "lora/io/atomic_file.h"

#include <algorithm>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "io/bytes.h"
#include "io/file_size_limit.h"
#include "io/unprivileged.h"
#include "support/temporary_directory.h"

using namespace lora;
using namespace lora::test;

namespace fs = std::filesystem;

namespace {

/// The names in a directory.
std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string partial_name(const std::string& name) {
  return "." + name + "." + std::to_string(::getpid()) + ".partial";
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a target appears only when it is committed", "[io][atomic_file]") {
  const TemporaryDirectory directory;
  const std::string path = (directory.path() / "out.bin").string();
  AtomicFile file(path);
  file.write(as_bytes("one "));
  file.write({});
  file.write(as_bytes("two"));
  CHECK(names_in(directory.path()) == Names{partial_name("out.bin")});
  file.close_and_check();
  CHECK_FALSE(fs::exists(path));
  file.commit();
  CHECK(names_in(directory.path()) == Names{"out.bin"});
  CHECK(read_file(path) == "one two");
}

TEST_CASE("a target that was there is replaced as a whole", "[io][atomic_file]") {
  const TemporaryDirectory directory;
  const std::string path = directory.write("out.bin", "a long old content");
  write_file_atomically(path, as_bytes("new"));
  CHECK(read_file(path) == "new");
  write_file_atomically(path, {});
  CHECK(read_file(path).empty());
  CHECK(names_in(directory.path()) == Names{"out.bin"});
}

TEST_CASE("large content arrives whole, in one piece or in several", "[io][atomic_file]") {
  const TemporaryDirectory directory;
  const std::string path = (directory.path() / "out").string();
  std::string content(3 << 20, 'x');
  for (std::size_t i = 0; i < content.size(); i += 1000) content[i] = static_cast<char>(i / 1000);
  write_file_atomically(path, as_bytes(content));
  CHECK(read_file(path) == content);

  AtomicFile file(path);
  const std::span<const std::byte> bytes = as_bytes(content);
  for (std::size_t start = 0; start < bytes.size(); start += 300'000) {
    file.write(bytes.subspan(start, std::min<std::size_t>(300'000, bytes.size() - start)));
  }
  file.close_and_check();
  file.commit();
  CHECK(read_file(path) == content);
}

TEST_CASE("without a commit nothing stays behind", "[io][atomic_file]") {
  const TemporaryDirectory directory;
  const std::string path = directory.write("out", "old");
  {
    AtomicFile file(path);
    file.write(as_bytes("new"));
  }
  {
    AtomicFile file(path);
    file.close_and_check();
  }
  CHECK(names_in(directory.path()) == Names{"out"});
  CHECK(read_file(path) == "old");
}

TEST_CASE("several files are checked before the first is committed", "[io][atomic_file]") {
  const TemporaryDirectory directory;
  std::vector<AtomicFile> files;
  for (const char* const name : {"a", "b", "c"}) {
    files.emplace_back((directory.path() / name).string());
    files.back().write(as_bytes(name));
  }
  for (AtomicFile& file : files) file.close_and_check();
  CHECK(names_in(directory.path()) ==
        Names{partial_name("a"), partial_name("b"), partial_name("c")});
  for (AtomicFile& file : files) file.commit();
  CHECK(names_in(directory.path()) == Names{"a", "b", "c"});
  CHECK(read_file(directory.path() / "c") == "c");
}

TEST_CASE("two writers of one target do not mix", "[io][atomic_file]") {
  const TemporaryDirectory directory;
  const std::string path = (directory.path() / "out").string();
  AtomicFile first(path);
  AtomicFile second(path);
  first.write(as_bytes("first"));
  second.write(as_bytes("second"));
  second.close_and_check();
  second.commit();
  CHECK(read_file(path) == "second");
  first.close_and_check();
  first.commit();
  CHECK(read_file(path) == "first");
}

TEST_CASE("what a dead process left behind blocks nobody", "[io][atomic_file]") {
  const TemporaryDirectory directory;
  const std::string left = directory.write(partial_name("out"), "half a fi");
  fs::permissions(left, fs::perms::none);
  write_file_atomically((directory.path() / "out").string(), as_bytes("whole"));
  CHECK(read_file(directory.path() / "out") == "whole");
  CHECK(names_in(directory.path()) == Names{partial_name("out"), "out"});
}

TEST_CASE("a name may be as long as the system has it", "[io][atomic_file]") {
  const TemporaryDirectory directory;
  const std::string name(255, 'n');
  write_file_atomically((directory.path() / name).string(), as_bytes("x"));
  CHECK(names_in(directory.path()) == Names{name});
}

TEST_CASE("a name without a directory is one in the working directory", "[io][atomic_file]") {
  const TemporaryDirectory directory;
  const fs::path before = fs::current_path();
  fs::current_path(directory.path());
  write_file_atomically("out", as_bytes("x"));
  fs::current_path(before);
  CHECK(names_in(directory.path()) == Names{"out"});
}

TEST_CASE("a new file has the mode that the umask leaves", "[io][atomic_file]") {
  const TemporaryDirectory directory;
  for (const mode_t mask : {0022U, 0077U, 0002U}) {
    const std::string path = (directory.path() / std::to_string(mask)).string();
    const mode_t before = ::umask(mask);
    write_file_atomically(path, as_bytes("x"));
    ::umask(before);
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == (0666U & ~mask));
  }
}

TEST_CASE("a link to a file is replaced, and the file stays", "[io][atomic_file]") {
  const TemporaryDirectory directory;
  const std::string file = directory.write("file", "old");
  const fs::path link = directory.path() / "link";
  fs::create_symlink(file, link);
  write_file_atomically(link.string(), as_bytes("new"));
  CHECK_FALSE(fs::is_symlink(link));
  CHECK(read_file(link) == "new");
  CHECK(read_file(file) == "old");
}

TEST_CASE("a target that cannot be written is refused at once", "[io][atomic_file]") {
  const TemporaryDirectory directory;
  const fs::path root = directory.path();
  const std::string pipe = (root / "pipe").string();
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  fs::create_directory(root / "directory");
  fs::create_directory_symlink(root / "directory", root / "link");
  const struct {
    std::string path;
    std::string_view reason;
  } cases[] = {
      {(root / "absent" / "out").string(), "its directory does not exist"},
      {directory.write("file", "") + "/out", "a part of the path is a file"},
      {root.string(), "it is a directory"},
      {(root / "link").string(), "it is a directory"},
      {(root / "new").string() + "/", "it names no file"},
      {"", "it names no file"},
      {pipe, "it is a pipe or device"},
      {"/dev/null", "it is a pipe or device"},
      {(root / std::string(256, 'n')).string() + "/out", "the name is too long"},
  };
  const Names before = names_in(root);
  for (const auto& test : cases) {
    const std::string message = error_of(ErrorKind::output, [&] { AtomicFile file(test.path); });
    INFO(message);
    CHECK(message.starts_with(test.path + ": cannot be written: "));
    CHECK(contains(message, test.reason));
  }
  CHECK(names_in(root) == before);
}

TEST_CASE("a name that is too long is refused before it is committed", "[io][atomic_file]") {
  const TemporaryDirectory directory;
  const std::string path = (directory.path() / std::string(256, 'n')).string();
  const std::string message = error_of(ErrorKind::output, [&] { AtomicFile file(path); });
  CHECK(contains(message, "the name is too long"));
}

TEST_CASE("a directory without permission is refused", "[io][atomic_file]") {
  const TemporaryDirectory directory;
  const fs::path closed = directory.path() / "closed";
  fs::create_directory(closed);
  fs::permissions(closed, static_cast<fs::perms>(0555));
  const Unprivileged nobody(directory.path());
  if (!nobody.works()) return;
  const std::string path = (closed / "out").string();
  const std::string message = error_of(ErrorKind::output, [&] { AtomicFile file(path); });
  CHECK(contains(message, "no permission"));
}

TEST_CASE("a directory that may be written but not listed is enough", "[io][atomic_file]") {
  const TemporaryDirectory directory;
  const fs::path blind = directory.path() / "blind";
  fs::create_directory(blind);
  fs::permissions(blind, static_cast<fs::perms>(0333));
  {
    const Unprivileged nobody(directory.path());
    write_file_atomically((blind / "out").string(), as_bytes("x"));
    CHECK(read_file(blind / "out") == "x");
  }
  fs::permissions(blind, fs::perms::owner_all);
}

TEST_CASE("a limit on the size of files is an error and no end", "[io][atomic_file]") {
  const TemporaryDirectory directory;
  const std::string path = directory.write("out", "old");
  const std::string content(5000, 'x');
  std::string message;
  {
    const FileSizeLimit limit(1000);
    message = error_of(ErrorKind::output, [&] { write_file_atomically(path, as_bytes(content)); });
  }
  CHECK(contains(message, path + ": cannot be written: the file would be larger than allowed"));
  CHECK(read_file(path) == "old");
  CHECK(names_in(directory.path()) == Names{"out"});
}

TEST_CASE("a file that changed after it was written is not committed", "[io][atomic_file]") {
  const TemporaryDirectory directory;
  const std::string path = directory.write("out", "old");
  const std::string block(1 << 20, 'a');  // large enough not to wait in memory
  const std::string content = block + std::string(1 << 20, 'b');
  std::string other = content;
  other[1234] = 'x';
  std::string swapped = content;
  std::reverse(swapped.begin(), swapped.end());
  const struct {
    std::string_view what;
    std::string content;
    std::string_view reason;
  } cases[] = {
      {"shorter", content.substr(1), "2097152 bytes were written, but 2097151 are read back"},
      {"longer", content + "!", "2097152 bytes were written, but 2097153 are read back"},
      {"another byte", other, "other bytes are read back than were written"},
      {"blocks in another order", swapped, "other bytes are read back than were written"},
  };
  for (const auto& test : cases) {
    INFO(test.what);
    AtomicFile file(path);
    file.write(as_bytes(content));
    directory.write(partial_name("out"), test.content);
    const std::string message = error_of(ErrorKind::output, [&] { file.close_and_check(); });
    CHECK(contains(message, test.reason));
  }
  {
    AtomicFile file(path);
    fs::remove(directory.path() / partial_name("out"));
    const std::string message = error_of(ErrorKind::output, [&] { file.close_and_check(); });
    CHECK(contains(message, "cannot be read back"));
  }
  CHECK(read_file(path) == "old");
  CHECK(names_in(directory.path()) == Names{"out"});
}

TEST_CASE("the start of a file can be rewritten at its end", "[io][atomic_file]") {
  const TemporaryDirectory directory;
  const std::size_t block = 1 << 20;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{20}, block - 1, block, block + 1, 2 * block, 3 * block + 5}) {
    for (const std::size_t rewritten : {std::size_t{0}, std::size_t{1}, std::size_t{20}, block}) {
      if (rewritten > size) continue;
      INFO(size << ", " << rewritten);
      const std::string path = (directory.path() / "out").string();
      std::string content(size, 'x');
      for (std::size_t i = 0; i < size; i += 1000) content[i] = static_cast<char>(i / 1000);
      AtomicFile file(path);
      file.write(as_bytes(content));
      file.rewrite_start(as_bytes(std::string(rewritten, 'a')));
      file.rewrite_start(as_bytes(std::string(rewritten, 'b')));
      file.write(as_bytes("more"));
      file.close_and_check();
      file.commit();
      CHECK(read_file(path) == std::string(rewritten, 'b') + content.substr(rewritten) + "more");
    }
  }
}

TEST_CASE("a rewritten start that did not arrive is found", "[io][atomic_file]") {
  const TemporaryDirectory directory;
  const std::string path = (directory.path() / "out").string();
  const std::string content(3 << 20, 'x');
  AtomicFile file(path);
  file.write(as_bytes(content));
  file.rewrite_start(as_bytes("abc"));
  directory.write(partial_name("out"), content);
  const std::string message = error_of(ErrorKind::output, [&] { file.close_and_check(); });
  CHECK(contains(message, "other bytes are read back than were written"));
}

TEST_CASE("only a first block that was written can be rewritten", "[io][atomic_file]") {
  const TemporaryDirectory directory;
  AtomicFile file((directory.path() / "out").string());
  CHECK_THROWS_AS(file.rewrite_start(as_bytes("a")), std::logic_error);
  file.write(as_bytes("a"));
  CHECK_THROWS_AS(file.rewrite_start(as_bytes("ab")), std::logic_error);
  file.write(as_bytes(std::string(2 << 20, 'x')));
  CHECK_THROWS_AS(file.rewrite_start(as_bytes(std::string((1 << 20) + 1, 'x'))), std::logic_error);
  file.close_and_check();
  CHECK_THROWS_AS(file.rewrite_start(as_bytes("a")), std::logic_error);
}

TEST_CASE("a rewritten start moves with its file", "[io][atomic_file]") {
  const TemporaryDirectory directory;
  const std::string path = (directory.path() / "out").string();
  AtomicFile first(path);
  first.write(as_bytes(std::string(2 << 20, 'x')));
  AtomicFile second(std::move(first));
  second.rewrite_start(as_bytes("abc"));
  second.close_and_check();
  second.commit();
  CHECK(read_file(path) == "abc" + std::string((2 << 20) - 3, 'x'));
}

TEST_CASE("a target that became a directory is not replaced", "[io][atomic_file]") {
  const TemporaryDirectory directory;
  const fs::path path = directory.path() / "out";
  AtomicFile file(path.string());
  file.close_and_check();
  fs::create_directory(path);
  const std::string message = error_of(ErrorKind::output, [&] { file.commit(); });
  CHECK(contains(message, "cannot be written"));
  CHECK(fs::is_directory(path));
}

TEST_CASE("the steps of writing must come in their order", "[io][atomic_file]") {
  const TemporaryDirectory directory;
  AtomicFile file((directory.path() / "out").string());
  CHECK_THROWS_AS(file.commit(), std::logic_error);
  file.close_and_check();
  CHECK_THROWS_AS(file.write(as_bytes("x")), std::logic_error);
  CHECK_THROWS_AS(file.close_and_check(), std::logic_error);
  file.commit();
  CHECK_THROWS_AS(file.commit(), std::logic_error);
}

TEST_CASE("what killed processes left half written is removed by name", "[io][atomic_file]") {
  const TemporaryDirectory directory;
  for (const char* name : {".step-1.json.77.partial", ".step-2.json.77.1.partial",
                           ".other.77.partial", "step-1.json", ".step-1.json", "step-3.partial"}) {
    directory.write(name, "x");
  }
  remove_abandoned(directory.path().string(), {"step-"});
  CHECK(names_in(directory.path()) ==
        Names{".other.77.partial", ".step-1.json", "step-1.json", "step-3.partial"});
  CHECK_NOTHROW(remove_abandoned((directory.path() / "absent").string(), {""}));
}
