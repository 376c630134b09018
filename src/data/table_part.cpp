#include "lora/data/table_part.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include "lora/core/error.h"
#include "lora/io/file_descriptor.h"

namespace lora {

namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20U;

/// A file whose bytes are looked through in blocks.
class Blocks {
 public:
  explicit Blocks(const std::string& path)
      : path_(path), file_(open(path.c_str(), O_RDONLY | O_CLOEXEC)), block_(kBlock) {
    struct stat status = {};
    if (!file_.is_open() || fstat(file_.get(), &status) != 0) fail();
    size_ = S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
  }

  /// 0 for what is no file.
  std::uint64_t size() const { return size_; }

  /// The bytes from `begin` on, as many as are read at once but none from `end` on.
  std::string_view at(std::uint64_t begin, std::uint64_t end) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(end - begin, kBlock));
    const ssize_t count = pread(file_.get(), block_.data(), wanted, static_cast<off_t>(begin));
    if (count <= 0) fail();
    return {block_.data(), static_cast<std::size_t>(count)};
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(ErrorKind::input, path_,
                ": cannot be read: ", std::generic_category().message(errno));
  }

  std::string path_;
  FileDescriptor file_;
  std::vector<char> block_;
  std::uint64_t size_ = 0;
};

/// The first begin of a line from `place` on.
std::uint64_t line_begin(Blocks& file, std::uint64_t place) {
  if (place == 0) return 0;
  for (--place; place < file.size();) {
    const std::string_view block = file.at(place, file.size());
    const std::size_t line_end = block.find('\n');
    if (line_end != std::string_view::npos) return place + line_end + 1;
    place += block.size();
  }
  return file.size();
}

/// Whether so many lines from `begin` on, before `end`, hold anything but blanks.
bool holds_lines(Blocks& file, std::uint64_t begin, std::uint64_t end, int count) {
  bool filled = false;
  while (begin < end) {
    const std::string_view block = file.at(begin, end);
    for (const char c : block) {
      if (c == '\n' && filled && --count == 0) return true;
      filled = c != '\n' && (filled || (c != ' ' && c != '\t' && c != '\r'));
    }
    begin += block.size();
  }
  return filled && count == 1;
}

}  // namespace

std::optional<TablePart> table_part(const std::string& path, Group& group, std::uint64_t smallest) {
  Blocks file(path);
  if (file.size() < smallest) return std::nullopt;
  const auto rank = static_cast<std::uint64_t>(group.rank());
  const auto size = static_cast<std::uint64_t>(group.size());
  TablePart part;
  part.begin = line_begin(file, file.size() / size * rank);
  part.end = rank + 1 == size ? file.size() : line_begin(file, file.size() / size * (rank + 1));

  std::array<double, 3> found = {0, 0, 0};  // quotes, lines, and whether some of them are rows
  for (std::uint64_t place = part.begin; place < part.end;) {
    const std::string_view block = file.at(place, part.end);
    found[0] += static_cast<double>(std::ranges::count(block, '"'));
    found[1] += static_cast<double>(std::ranges::count(block, '\n'));
    place += block.size();
  }
  const int lines_of_header = rank == 0 ? 2 : 0;  // at most: the separator, the names
  found[2] = holds_lines(file, part.begin, part.end, lines_of_header + 1) ? 1 : 0;
  const std::vector<std::vector<double>> all = gather_wide(group, found);
  for (std::size_t other = 0; other < all.size(); ++other) {
    if (all[other][0] > 0 || all[other][1] == 0 || all[other][2] == 0) return std::nullopt;
    if (other < rank) part.line += static_cast<std::int64_t>(all[other][1]);
  }
  return part;
}

}  // namespace lora
