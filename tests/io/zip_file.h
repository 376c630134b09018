// ZIP archives made by hand, right and wrong ones.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>
#include <zlib.h>

#include "io/bytes.h"

namespace lora::test {

/// Raw deflated data, as zlib makes it: its format has two bytes before and four behind it.
inline std::string deflated(std::string_view content) {
  uLongf size = compressBound(static_cast<uLong>(content.size()));
  std::string data(size, '\0');
  const int code =
      compress(reinterpret_cast<Bytef*>(data.data()), &size,
               reinterpret_cast<const Bytef*>(content.data()), static_cast<uLong>(content.size()));
  if (code != Z_OK) throw std::runtime_error("compress failed");
  return data.substr(2, size - 6);
}

inline std::uint64_t check_sum(std::string_view content) {
  return crc32(0, reinterpret_cast<const Bytef*>(content.data()),
               static_cast<uInt>(content.size()));
}

/// A member, and what its entry in the directory claims instead of the truth.
struct ZipEntry {
  std::string name;
  std::string data;     ///< as it lies in the file
  std::string content;  ///< what the data stands for
  std::uint64_t method = 0;
  std::uint64_t flags = 0;
  std::uint64_t disk = 0;
  std::optional<std::uint64_t> size = {};
  std::optional<std::uint64_t> data_size = {};
  std::optional<std::uint64_t> crc = {};
  std::optional<std::uint64_t> offset = {};
};

inline ZipEntry stored_entry(std::string_view name, std::string_view content) {
  return {std::string(name), std::string(content), std::string(content)};
}

inline ZipEntry deflated_entry(std::string_view name, std::string_view content) {
  return {std::string(name), deflated(content), std::string(content), 8};
}

struct ZipOptions {
  bool wide = false;  ///< zip64: every number in its 64-bit place
  std::string comment = {};
  std::string local_extra = {};  ///< in the members' own headers only
};

/// The header before a member's data. Its sizes and check sum say nothing: readers take the
/// directory's.
inline std::string zip_local_header(const ZipEntry& entry, const std::string& extra) {
  return "PK\3\4" + std::string(22, '\xFF') + little_endian(entry.name.size(), 2) +
         little_endian(extra.size(), 2) + entry.name + extra;
}

inline std::string zip_directory_entry(const ZipEntry& entry, std::uint64_t offset, bool wide) {
  const std::uint64_t size = entry.size.value_or(entry.content.size());
  const std::uint64_t data_size = entry.data_size.value_or(entry.data.size());
  offset = entry.offset.value_or(offset);
  const std::string numbers = little_endian(size, 8) + little_endian(data_size, 8) +
                              little_endian(offset, 8) + little_endian(entry.disk, 4);
  // An unknown field before the zip64 one, which readers pass over.
  const std::string extra = wide ? little_endian(0x7075, 2) + little_endian(3, 2) + "abc" +
                                       little_endian(1, 2) + little_endian(numbers.size(), 2) +
                                       numbers
                                 : "";
  const auto narrow = [&](std::uint64_t number, std::size_t width) {
    return wide ? std::string(width, '\xFF') : little_endian(number, width);
  };
  const std::string comment = "of one member";
  return "PK\1\2" + little_endian(45, 2) + little_endian(45, 2) + little_endian(entry.flags, 2) +
         little_endian(entry.method, 2) + little_endian(0, 4) +
         little_endian(entry.crc.value_or(check_sum(entry.content)), 4) + narrow(data_size, 4) +
         narrow(size, 4) + little_endian(entry.name.size(), 2) + little_endian(extra.size(), 2) +
         little_endian(comment.size(), 2) + narrow(entry.disk, 2) + std::string(6, '\0') +
         narrow(offset, 4) + entry.name + extra + comment;
}

/// What follows the directory.
inline std::string zip_end(std::uint64_t entries, std::uint64_t size, std::uint64_t offset,
                           const ZipOptions& options) {
  std::string end;
  if (options.wide) {
    end = "PK\6\6" + little_endian(44, 8) + std::string(12, '\0') + little_endian(entries, 8) +
          little_endian(entries, 8) + little_endian(size, 8) + little_endian(offset, 8) + "PK\6\7" +
          little_endian(0, 4) + little_endian(offset + size, 8) + little_endian(1, 4);
  }
  const auto narrow = [&](std::uint64_t number, std::size_t width) {
    return options.wide ? std::string(width, '\xFF') : little_endian(number, width);
  };
  return end + "PK\5\6" + narrow(0, 2) + narrow(0, 2) + narrow(entries, 2) + narrow(entries, 2) +
         narrow(size, 4) + narrow(offset, 4) + little_endian(options.comment.size(), 2) +
         options.comment;
}

inline std::string zip_file(const std::vector<ZipEntry>& entries, const ZipOptions& options = {}) {
  std::string file;
  std::string directory;
  for (const ZipEntry& entry : entries) {
    directory += zip_directory_entry(entry, file.size(), options.wide);
    file += zip_local_header(entry, options.local_extra) + entry.data;
  }
  return file + directory + zip_end(entries.size(), directory.size(), file.size(), options);
}

}  // namespace lora::test
