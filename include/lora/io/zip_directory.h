// The directory at the end of a ZIP archive: what the archive holds, and where.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lora {

struct ZipMember {
  std::string name;     ///< UTF-8, not empty; as the archive has it
  bool deflated;        ///< else stored: `data` is the content
  std::uint64_t size;   ///< of the content; at most kLargestInflation times that of `data`
  std::uint32_t crc32;  ///< of the content, as the archive claims
  std::span<const std::byte> data;  ///< where it lies in the file
};

/// Reads the directory in `file`, a whole ZIP archive, with or without zip64; nothing is copied but
/// names. Sizes and places are the directory's; a member's own header only says where it ends.
/// `path` names the archive in the sentence of Error(input), which is thrown for an archive that is
/// cut off, split over several files, or whose numbers point outside of it, and for a member that
/// is encrypted, compressed otherwise than deflated, larger than its data can be inflated to, lies
/// over another, or has no name of its own in UTF-8.
std::vector<ZipMember> read_zip_directory(std::span<const std::byte> file, const std::string& path);

}  // namespace lora
