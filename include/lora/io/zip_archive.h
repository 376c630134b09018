// ZIP archives, as NumPy's .npz files are.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lora/io/mapped_file.h"
#include "lora/io/zip_directory.h"

namespace lora {

/// A mapped archive whose directory has been checked from end to end; read-only. Movable; members
/// and their data stay where they are when the object moves.
class ZipArchive {
 public:
  /// Throws Error(input) if the file cannot be read, or as read_zip_directory does.
  explicit ZipArchive(const std::string& path);

  const std::string& path() const { return file_.path(); }
  const MappedFile& file() const { return file_; }

  /// In the order of the directory.
  const std::vector<ZipMember>& members() const { return members_; }

  /// The member of that name, or null.
  const ZipMember* find(std::string_view name) const;

  /// The first bytes of a member's content, at most `most` of them; fewer only if the content is
  /// shorter. No check sum is looked at. Throws Error(input) if the data ends early or is not
  /// deflated.
  std::vector<std::byte> start_of(const ZipMember& member, std::size_t most) const;

  /// The content of a stored member, where it lies. Throws Error(input) if its check sum differs;
  /// std::logic_error if it is deflated.
  std::span<const std::byte> stored(const ZipMember& member) const;

  /// The content of a deflated member, after `member.size` bytes of memory were taken for it.
  /// Throws Error(input) if the data is not deflated, holds fewer or more bytes than announced, or
  /// if the check sum differs; Error(memory) if there is not so much; std::logic_error if it is
  /// stored.
  std::vector<std::byte> inflated(const ZipMember& member) const;

 private:
  MappedFile file_;
  std::vector<ZipMember> members_;
};

}  // namespace lora
