#include "lora/io/zip_archive.h"

#include <algorithm>
#include <cstdint>
#include <new>
#include <stdexcept>

#include "lora/core/error.h"
#include "lora/core/text.h"
#include "lora/io/inflate.h"

namespace lora {

namespace {

template <class... Parts>
[[noreturn]] void refuse(const std::string& path, const ZipMember& member, const Parts&... parts) {
  throw Error(ErrorKind::input, "[zip] ", path, ": member ", in_quotes(member.name), " ", parts...);
}

/// Says why the data did not inflate to what was announced.
[[noreturn]] void refuse_data(const std::string& path, const ZipMember& member,
                              const Inflated& inflated) {
  switch (inflated.end) {
    case InflateEnd::complete:
      refuse(path, member, "holds ", inflated.size, " bytes, but announces ", member.size);
    case InflateEnd::target_full:
      refuse(path, member, "holds more than the ", member.size, " bytes that it announces");
    case InflateEnd::cut_off:
      refuse(path, member, "stops after ", inflated.size, " of its ", member.size,
             " bytes; the file is damaged");
    case InflateEnd::corrupt:
      break;
  }
  refuse(path, member, "is not deflated data after ", inflated.size, " of its ", member.size,
         " bytes; the file is damaged");
}

void check_sum(const ZipMember& member, std::span<const std::byte> content,
               const std::string& path) {
  const std::uint32_t found = crc32_of(content);
  if (found == member.crc32) return;
  refuse(path, member, "has the check sum ", found, ", but announces ", member.crc32,
         "; the file is damaged");
}

std::vector<std::byte> memory_for(const ZipMember& member, const std::string& path) {
  try {
    return std::vector<std::byte>(static_cast<std::size_t>(member.size));
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::memory, path, ": member ", in_quotes(member.name), " needs ",
                member.size, " bytes of memory, which are not there");
  }
}

}  // namespace

ZipArchive::ZipArchive(const std::string& path)
    : file_(path), members_(read_zip_directory(file_.bytes(), path)) {}

const ZipMember* ZipArchive::find(std::string_view name) const {
  const auto found = std::ranges::find(members_, name, &ZipMember::name);
  return found == members_.end() ? nullptr : &*found;
}

std::vector<std::byte> ZipArchive::start_of(const ZipMember& member, std::size_t most) const {
  std::vector<std::byte> start(std::min<std::uint64_t>(member.size, most));
  if (member.deflated) {
    const Inflated inflated = inflate_into(member.data, start);
    if (inflated.size < start.size()) refuse_data(path(), member, inflated);
  } else {
    std::copy_n(member.data.begin(), start.size(), start.begin());
  }
  return start;
}

std::span<const std::byte> ZipArchive::stored(const ZipMember& member) const {
  if (member.deflated) throw std::logic_error("ZipArchive::stored of a deflated member");
  check_sum(member, member.data, path());
  return member.data;
}

std::vector<std::byte> ZipArchive::inflated(const ZipMember& member) const {
  if (!member.deflated) throw std::logic_error("ZipArchive::inflated of a stored member");
  std::vector<std::byte> content = memory_for(member, path());
  const Inflated inflated = inflate_into(member.data, content);
  if (inflated.end != InflateEnd::complete || inflated.size < content.size()) {
    refuse_data(path(), member, inflated);
  }
  check_sum(member, content, path());
  return content;
}

}  // namespace lora
