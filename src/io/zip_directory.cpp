#include "lora/io/zip_directory.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "little_endian.h"
#include "lora/core/error.h"
#include "lora/core/text.h"
#include "lora/io/inflate.h"

namespace lora {

namespace {

// Each record begins with its signature, and its other fields are little-endian numbers.
constexpr std::string_view kLocalHeader = "PK\3\4";
constexpr std::string_view kDirectoryEntry = "PK\1\2";
constexpr std::string_view kEndRecord = "PK\5\6";
constexpr std::string_view kEndRecord64 = "PK\6\6";
constexpr std::string_view kEndLocator64 = "PK\6\7";

// Bytes of a record without the parts that differ in length.
constexpr std::size_t kLocalHeaderBytes = 30;
constexpr std::size_t kDirectoryEntryBytes = 46;
constexpr std::size_t kEndRecordBytes = 22;
constexpr std::size_t kEndRecord64Bytes = 56;
constexpr std::size_t kEndLocator64Bytes = 20;
constexpr std::size_t kLongestComment = 0xFFFF;

// What stands in a field whose number is in the zip64 record instead.
constexpr std::uint64_t kIn64 = 0xFFFFFFFF;
constexpr std::uint64_t kDiskIn64 = 0xFFFF;
constexpr std::uint64_t kExtra64 = 1;

constexpr std::uint64_t kStored = 0;
constexpr std::uint64_t kDeflated = 8;
constexpr std::uint64_t kEncryptedFlags = 1U | 1U << 6U | 1U << 13U;

using Bytes = std::span<const std::byte>;

template <class... Parts>
[[noreturn]] void refuse(const std::string& path, const Parts&... parts) {
  throw Error(ErrorKind::input, "[zip] ", path, ": ", parts...);
}

template <class... Parts>
[[noreturn]] void refuse_member(const std::string& path, std::string_view name,
                                const Parts&... parts) {
  refuse(path, "member ", in_quotes(name), " ", parts...);
}

std::uint64_t number_at(Bytes record, std::size_t offset, std::size_t width) {
  return little_endian(record.subspan(offset, width));
}

std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The `size` bytes from `offset` on, if they are all there and begin with the signature.
std::optional<Bytes> record_at(Bytes file, std::uint64_t offset, std::size_t size,
                               std::string_view signature) {
  if (offset > file.size() || size > file.size() - offset) return std::nullopt;
  const Bytes record = file.subspan(static_cast<std::size_t>(offset), size);
  if (!text_of(record).starts_with(signature)) return std::nullopt;
  return record;
}

void check_start(Bytes file, const std::string& path) {
  const std::string_view text = text_of(file);
  if (text.starts_with(kLocalHeader) || text.starts_with(kEndRecord)) return;
  if (text.empty()) refuse(path, "is empty");
  if (kLocalHeader.starts_with(text)) refuse(path, "ends in its first bytes; incomplete download?");
  if (text.starts_with("\x93NUMPY")) refuse(path, "is a single array; such files are named .npy");
  refuse(path, "is not a ZIP archive (as .npz files are), which starts with 'PK'");
}

/// The end record is the file's last thing, but for a comment whose length it knows.
std::size_t find_end_record(Bytes file, const std::string& path) {
  for (std::size_t comment = 0; comment <= kLongestComment; ++comment) {
    if (file.size() < kEndRecordBytes + comment) break;
    const std::size_t offset = file.size() - kEndRecordBytes - comment;
    const auto record = record_at(file, offset, kEndRecordBytes, kEndRecord);
    if (record && number_at(*record, 20, 2) == comment) return offset;
  }
  refuse(path, "the directory, which ends a ZIP archive, is missing; incomplete download?");
}

struct Directory {
  std::uint64_t entries;
  Bytes bytes;
  Bytes before;  ///< the part of the file that members may lie in
};

struct EndRecord {
  std::uint64_t disk;
  std::uint64_t directory_disk;
  std::uint64_t entries_here;
  std::uint64_t entries;
  std::uint64_t size;
  std::uint64_t offset;
};

/// `limit` is where the end records begin.
Directory directory_of(const EndRecord& end, Bytes file, std::size_t limit,
                       const std::string& path) {
  if (end.disk != 0 || end.directory_disk != 0 || end.entries_here != end.entries) {
    refuse(path, "is one part of an archive that was split over several files; join them first");
  }
  if (end.offset > limit || end.size > limit - end.offset) {
    refuse(path, "the directory, ", end.size, " bytes from byte ", end.offset,
           " on, exceeds the file, in which ", limit, " bytes come before its end record; ",
           "incomplete download?");
  }
  if (end.entries > end.size / kDirectoryEntryBytes) {
    refuse(path, "the directory claims ", end.entries, " members, but its ", end.size,
           " bytes have room for ", end.size / kDirectoryEntryBytes);
  }
  const auto offset = static_cast<std::size_t>(end.offset);
  return {end.entries, file.subspan(offset, static_cast<std::size_t>(end.size)),
          file.first(offset)};
}

Directory find_directory(Bytes file, const std::string& path) {
  const std::size_t end = find_end_record(file, path);
  const Bytes record = file.subspan(end, kEndRecordBytes);
  const auto locator = end < kEndLocator64Bytes ? std::nullopt
                                                : record_at(file, end - kEndLocator64Bytes,
                                                            kEndLocator64Bytes, kEndLocator64);
  if (!locator) {
    return directory_of(
        {number_at(record, 4, 2), number_at(record, 6, 2), number_at(record, 8, 2),
         number_at(record, 10, 2), number_at(record, 12, 4), number_at(record, 16, 4)},
        file, end, path);
  }
  const std::uint64_t offset = number_at(*locator, 8, 8);
  const auto wide =
      record_at(file.first(end - kEndLocator64Bytes), offset, kEndRecord64Bytes, kEndRecord64);
  if (!wide) refuse(path, "there is no zip64 end record at byte ", offset, ", where it should be");
  return directory_of({number_at(*wide, 16, 4), number_at(*wide, 20, 4), number_at(*wide, 24, 8),
                       number_at(*wide, 32, 8), number_at(*wide, 40, 8), number_at(*wide, 48, 8)},
                      file, static_cast<std::size_t>(offset), path);
}

/// A member as its entry in the directory has it.
struct Entry {
  std::string_view name;
  std::uint64_t flags;
  std::uint64_t method;
  std::uint64_t crc32;
  std::uint64_t data_size;
  std::uint64_t size;
  std::uint64_t disk;
  std::uint64_t offset;  ///< of the member's own header
};

/// The content of the zip64 extra field; empty if there is none.
Bytes find_extra64(Bytes extra) {
  while (extra.size() >= 4) {
    const std::uint64_t id = number_at(extra, 0, 2);
    const std::uint64_t length = number_at(extra, 2, 2);
    extra = extra.subspan(4);
    if (length > extra.size()) break;
    const auto size = static_cast<std::size_t>(length);
    if (id == kExtra64) return extra.first(size);
    extra = extra.subspan(size);
  }
  return {};
}

/// Takes the numbers that do not fit the entry from its zip64 field, which has only those.
void widen(Entry& entry, Bytes extra, const std::string& path) {
  Bytes wide = find_extra64(extra);
  const auto take = [&](std::uint64_t& number, std::uint64_t mark, std::size_t width) {
    if (number != mark) return;
    if (wide.size() < width) {
      refuse_member(path, entry.name,
                    "should have numbers of 64 bits in a zip64 field, but has "
                    "none");
    }
    number = number_at(wide, 0, width);
    wide = wide.subspan(width);
  };
  take(entry.size, kIn64, 8);
  take(entry.data_size, kIn64, 8);
  take(entry.offset, kIn64, 8);
  take(entry.disk, kDiskIn64, 4);
}

/// Reads the entry at the front of `rest`, and takes it away from there. `number` counts from 1.
Entry take_entry(Bytes& rest, std::uint64_t number, const std::string& path) {
  const auto record = record_at(rest, 0, kDirectoryEntryBytes, kDirectoryEntry);
  if (!record) refuse(path, "the directory has no entry where member ", number, " should be");
  const std::size_t name = number_at(*record, 28, 2);
  const std::size_t extra = number_at(*record, 30, 2);
  const std::size_t size = kDirectoryEntryBytes + name + extra + number_at(*record, 32, 2);
  if (size > rest.size()) refuse(path, "the directory ends within the entry of member ", number);
  Entry entry{text_of(rest.subspan(kDirectoryEntryBytes, name)),
              number_at(*record, 8, 2),
              number_at(*record, 10, 2),
              number_at(*record, 16, 4),
              number_at(*record, 20, 4),
              number_at(*record, 24, 4),
              number_at(*record, 34, 2),
              number_at(*record, 42, 4)};
  widen(entry, rest.subspan(kDirectoryEntryBytes + name, extra), path);
  rest = rest.subspan(size);
  return entry;
}

void check_name(std::string_view name, std::uint64_t number, const std::string& path) {
  if (name.empty()) refuse(path, "member ", number, " has no name");
  if (!is_utf8(name)) {
    refuse(path, "member ", number, " has a name that is not UTF-8: ", in_quotes(name));
  }
}

std::string_view method_name(std::uint64_t method) {
  switch (method) {
    case 9:
      return " (deflate64)";
    case 12:
      return " (bzip2)";
    case 14:
      return " (LZMA)";
    case 93:
      return " (Zstandard)";
    case 95:
      return " (XZ)";
    default:
      return "";
  }
}

void check_entry(const Entry& entry, const std::string& path) {
  if ((entry.flags & kEncryptedFlags) != 0) refuse_member(path, entry.name, "is encrypted");
  if (entry.method != kStored && entry.method != kDeflated) {
    refuse_member(path, entry.name, "is compressed by method ", entry.method,
                  method_name(entry.method),
                  "; only 0 (stored) and 8 (deflated) are read, as np.savez and "
                  "np.savez_compressed write them");
  }
  if (entry.disk != 0) {
    refuse_member(path, entry.name, "is in another file of an archive that was split; join them");
  }
  if (entry.method == kStored && entry.size != entry.data_size) {
    refuse_member(path, entry.name, "is stored as it is, but announces ", entry.size,
                  " bytes out of ", entry.data_size);
  }
}

/// Where the member's data lies. Its own header knows how long it is itself.
Bytes find_data(const Entry& entry, Bytes before, const std::string& path) {
  const auto header = record_at(before, entry.offset, kLocalHeaderBytes, kLocalHeader);
  if (!header) {
    refuse_member(path, entry.name, "should begin at byte ", entry.offset,
                  ", but no member begins there");
  }
  const std::uint64_t begin =
      entry.offset + kLocalHeaderBytes + number_at(*header, 26, 2) + number_at(*header, 28, 2);
  if (begin > before.size() || entry.data_size > before.size() - begin) {
    refuse_member(path, entry.name, "takes ", entry.data_size, " bytes from byte ", begin,
                  " on, but the directory begins at byte ", before.size());
  }
  return before.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(entry.data_size));
}

/// `data_size` is what the file really has, so that the product fits.
void check_inflation(const Entry& entry, std::uint64_t data_size, const std::string& path) {
  if (entry.size <= kLargestInflation * data_size) return;
  refuse_member(path, entry.name, "announces ", entry.size, " bytes, but its ", data_size,
                " compressed ones cannot hold more than ", kLargestInflation * data_size);
}

/// Where a member lies with its header.
struct Extent {
  std::uint64_t begin;
  std::uint64_t end;
  std::string_view name;
};

/// Members that share bytes make a small file inflate without end.
void check_extents(std::vector<Extent> extents, const std::string& path) {
  std::ranges::sort(extents, {}, &Extent::begin);
  for (std::size_t i = 1; i < extents.size(); ++i) {
    if (extents[i].begin >= extents[i - 1].end) continue;
    refuse_member(path, extents[i].name, "lies over member ", in_quotes(extents[i - 1].name));
  }
}

}  // namespace

std::vector<ZipMember> read_zip_directory(Bytes file, const std::string& path) {
  check_start(file, path);
  const Directory directory = find_directory(file, path);
  std::vector<ZipMember> members;
  std::vector<Extent> extents;
  std::unordered_set<std::string_view> names;
  Bytes rest = directory.bytes;
  for (std::uint64_t number = 1; number <= directory.entries; ++number) {
    const Entry entry = take_entry(rest, number, path);
    check_name(entry.name, number, path);
    if (!names.insert(entry.name).second) {
      refuse(path, "two members are named ", in_quotes(entry.name));
    }
    check_entry(entry, path);
    const Bytes data = find_data(entry, directory.before, path);
    if (entry.method == kDeflated) check_inflation(entry, data.size(), path);
    const auto end = static_cast<std::uint64_t>(data.data() + data.size() - file.data());
    extents.push_back({entry.offset, end, entry.name});
    members.push_back({std::string(entry.name), entry.method == kDeflated, entry.size,
                       static_cast<std::uint32_t>(entry.crc32), data});
  }
  if (!rest.empty()) {
    refuse(path, "the directory claims ", directory.entries, " members, but goes on after them");
  }
  check_extents(std::move(extents), path);
  return members;
}

}  // namespace lora
