#include "lora/io/array_file.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>
#include <string_view>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "lora/core/error.h"
#include "lora/core/nearest.h"
#include "lora/core/text.h"
#include "lora/io/mapped_file.h"
#include "lora/io/npy_dtype.h"
#include "lora/io/npy_start.h"
#include "lora/io/safetensors.h"
#include "lora/io/zip_archive.h"

namespace lora {

/// The arrays of a file in one format, by their position among the entries.
class ArrayFileContent {
 public:
  virtual ~ArrayFileContent() = default;

  virtual NpyArray array(std::size_t position) = 0;
  virtual NpyTextArray text(std::size_t position) = 0;
  virtual const MappedFile& file() const = 0;

  std::vector<ArrayEntry> entries;
  std::map<std::string, std::string> metadata;
};

namespace {

constexpr std::string_view kNpySuffix = ".npy";
constexpr std::string_view kNpzSuffix = ".npz";
constexpr std::size_t kMostNames = 20;  // in a message

/// A name in a .npz as np.load gives it.
std::string without_npy(std::string_view name) {
  return std::string(
      name.substr(0, name.size() - (name.ends_with(kNpySuffix) ? kNpySuffix.size() : 0)));
}

/// FILE:NAME.
std::string label_of(const std::string& path, const std::string& name) {
  return path + ":" + (is_printable(name) ? name : in_quotes(name));
}

/// What the start of a .npy file says.
ArrayEntry npy_entry(std::string name, std::span<const std::byte> start, std::uint64_t file_size,
                     const std::string& label) {
  NpyStart npy = parse_npy_start(start, file_size, label);
  check_npy_size(npy, file_size, label);
  const std::string& descr = npy.header.descr;
  const auto type = find_npy_dtype(descr);
  return {std::move(name),
          npy_dtype_name(descr),
          type ? std::optional(type->dtype) : std::nullopt,
          find_npy_text_type(descr).has_value(),
          std::move(npy.header.shape),
          file_size - npy.size};
}

class NpyContent : public ArrayFileContent {
 public:
  explicit NpyContent(const std::string& path) : file_(path) {
    entries.push_back(npy_entry("", file_.bytes(), file_.bytes().size(), path));
  }

  NpyArray array(std::size_t /*position*/) override {
    return parse_npy(file_.bytes(), file_.path());
  }
  NpyTextArray text(std::size_t /*position*/) override {
    return parse_npy_text(file_.bytes(), file_.path());
  }
  const MappedFile& file() const override { return file_; }

 private:
  MappedFile file_;
};

class NpzContent : public ArrayFileContent {
 public:
  explicit NpzContent(const std::string& path) : archive_(path) {
    std::unordered_set<std::string> names;
    for (const ZipMember& member : archive_.members()) {
      if (member.name.ends_with('/')) continue;  // a directory
      const std::string name = without_npy(member.name);
      if (!names.insert(name).second) {
        throw Error(ErrorKind::input, path, ": two arrays are named ", in_quotes(name));
      }
      entries.push_back(entry_of(member, name));
      members_.push_back({&member, {}, std::nullopt});
    }
  }

  NpyArray array(std::size_t position) override {
    parse_npy_dtype(descr_of(position), label(position));
    return parse_npy(content_of(position), label(position));
  }
  NpyTextArray text(std::size_t position) override {
    parse_npy_text_type(descr_of(position), label(position));
    return parse_npy_text(content_of(position), label(position));
  }
  const MappedFile& file() const override { return archive_.file(); }

 private:
  struct Member {
    const ZipMember* zip;
    std::vector<std::byte> inflated;
    std::optional<std::span<const std::byte>> content;  // once it has been checked
  };

  std::string label(std::size_t position) const {
    return label_of(archive_.path(), entries[position].name);
  }

  ArrayEntry entry_of(const ZipMember& member, const std::string& name) const {
    const std::vector<std::byte> start = archive_.start_of(member, kLongestNpyStart);
    if (is_npy(start)) {
      return npy_entry(name, start, member.size, label_of(archive_.path(), name));
    }
    return {name, "bytes", std::nullopt, false, {member.size}, member.size};
  }

  /// Looked at before a member is inflated for nothing.
  std::string descr_of(std::size_t position) const {
    const ZipMember& member = *members_[position].zip;
    const std::vector<std::byte> start = archive_.start_of(member, kLongestNpyStart);
    return parse_npy_start(start, member.size, label(position)).header.descr;
  }

  std::span<const std::byte> content_of(std::size_t position) {
    Member& member = members_[position];
    if (!member.content) {
      if (member.zip->deflated) member.inflated = archive_.inflated(*member.zip);
      member.content = member.zip->deflated ? member.inflated : archive_.stored(*member.zip);
    }
    return *member.content;
  }

  ZipArchive archive_;
  std::vector<Member> members_;
};

class SafetensorsContent : public ArrayFileContent {
 public:
  explicit SafetensorsContent(const std::string& path) : file_(path) {
    for (const SafetensorsEntry& tensor : file_.tensors()) {
      entries.push_back(
          {tensor.name, tensor.dtype_name, tensor.dtype, false, tensor.shape, tensor.bytes.size()});
    }
    metadata = file_.metadata();
  }

  NpyArray array(std::size_t position) override {
    const SafetensorsEntry& tensor = file_.tensors()[position];
    if (!tensor.dtype) {
      refuse(tensor, "which this program cannot calculate with; F32 would be right");
    }
    return {label_of(file_.path(), tensor.name),
            *tensor.dtype,
            false,
            false,
            tensor.shape,
            tensor.bytes};
  }
  NpyTextArray text(std::size_t position) override {
    refuse(file_.tensors()[position], "not text");
  }
  const MappedFile& file() const override { return file_.file(); }

 private:
  [[noreturn]] void refuse(const SafetensorsEntry& tensor, std::string_view why) const {
    throw Error(ErrorKind::input, file_.path(), ": tensor ", in_quotes(tensor.name), " is of type ",
                tensor.dtype_name, ", ", why);
  }

  SafetensorsFile file_;
};

struct Format {
  std::string_view suffix;
  std::unique_ptr<ArrayFileContent> (*open)(const std::string& path);
};

template <class Content>
std::unique_ptr<ArrayFileContent> open_as(const std::string& path) {
  return std::make_unique<Content>(path);
}

constexpr std::array kFormats = {
    Format{kNpySuffix, open_as<NpyContent>},
    Format{kNpzSuffix, open_as<NpzContent>},
    Format{".safetensors", open_as<SafetensorsContent>},
};

/// The format that the name ends in, or null.
const Format* format_of(std::string_view path) {
  const auto found = std::ranges::find_if(
      kFormats, [&](const Format& format) { return ends_in(path, format.suffix); });
  return found == kFormats.end() ? nullptr : &*found;
}

/// "'a', 'b', 'c'", the first of them if there are many.
std::string listed(const std::vector<ArrayEntry>& entries) {
  std::string text;
  for (std::size_t i = 0; i < std::min(entries.size(), kMostNames); ++i) {
    text += (i > 0 ? ", " : "") + in_quotes(entries[i].name);
  }
  if (entries.size() <= kMostNames) return text;
  return text + " and " + std::to_string(entries.size() - kMostNames) + " more";
}

std::size_t position_of_only(const std::vector<ArrayEntry>& entries, const std::string& path) {
  if (entries.empty()) throw Error(ErrorKind::input, path, ": holds no array");
  if (entries.size() == 1) return 0;
  throw Error(ErrorKind::input, path, ": ", entries.size(), " arrays, so name one as ", path,
              ":NAME (", listed(entries), ")");
}

[[noreturn]] void refuse_unknown(const std::string& name, const std::vector<ArrayEntry>& entries,
                                 const std::string& path) {
  std::vector<std::string> names;
  names.reserve(entries.size());
  for (const ArrayEntry& entry : entries) names.push_back(entry.name);
  const std::string near = nearest(name, names);
  throw Error(ErrorKind::input, path, ": no array ", in_quotes(name),
              near.empty() ? "" : "; did you mean " + in_quotes(near) + "?",
              entries.empty() ? " (it holds none)" : " (it holds " + listed(entries) + ")");
}

}  // namespace

FileAndName split_file_and_name(const std::string& text) {
  std::error_code ignored;
  if (std::filesystem::exists(text, ignored)) return {text, ""};
  std::size_t colon = text.rfind(':');
  while (colon != std::string::npos) {
    std::string file = text.substr(0, colon);
    if (format_of(file) != nullptr) return {std::move(file), text.substr(colon + 1)};
    colon = colon == 0 ? std::string::npos : text.rfind(':', colon - 1);
  }
  return {text, ""};
}

bool names_array_file(const std::string& text) {
  return format_of(split_file_and_name(text).file) != nullptr;
}

ArrayFile::ArrayFile(const std::string& path) : path_(path) {
  const Format* const format = format_of(path);
  if (format == nullptr) {
    throw Error(ErrorKind::input, path,
                ": arrays are read from .npy, .npz or .safetensors, which this name does not end "
                "in");
  }
  content_ = format->open(path);
}

ArrayFile::ArrayFile(ArrayFile&& other) noexcept = default;
ArrayFile& ArrayFile::operator=(ArrayFile&& other) noexcept = default;
ArrayFile::~ArrayFile() = default;

const MappedFile& ArrayFile::file() const {
  return content_->file();
}

const std::vector<ArrayEntry>& ArrayFile::entries() const {
  return content_->entries;
}

const std::map<std::string, std::string>& ArrayFile::metadata() const {
  return content_->metadata;
}

std::size_t ArrayFile::position_of(const std::string& name) const {
  const std::vector<ArrayEntry>& all = entries();
  if (name.empty()) return position_of_only(all, path_);
  if (ends_in(path_, kNpySuffix)) {
    throw Error(ErrorKind::input, path_,
                ": a .npy file holds one array without a name; leave ':", name, "' away");
  }
  auto found = std::ranges::find(all, name, &ArrayEntry::name);
  if (found == all.end() && ends_in(path_, kNpzSuffix)) {
    found = std::ranges::find(all, without_npy(name), &ArrayEntry::name);
  }
  if (found == all.end()) refuse_unknown(name, all, path_);
  return static_cast<std::size_t>(found - all.begin());
}

const ArrayEntry& ArrayFile::entry(const std::string& name) const {
  return entries()[position_of(name)];
}

NpyArray ArrayFile::array(const std::string& name) {
  return content_->array(position_of(name));
}

NpyTextArray ArrayFile::text(const std::string& name) {
  return content_->text(position_of(name));
}

}  // namespace lora
