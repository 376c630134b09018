#include "lora/io/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>

#include "little_endian.h"
#include "lora/core/error.h"
#include "lora/core/text.h"
#include "lora/io/safetensors_header.h"
#include "lora/io/shape.h"

namespace lora {

static_assert(std::endian::native == std::endian::little, "mapped tensors are little-endian");

namespace {

constexpr std::size_t kLengthBytes = 8;

using Tensor = SafetensorsHeader::Tensor;

template <class... Parts>
[[noreturn]] void refuse(const std::string& path, const Parts&... parts) {
  throw Error(ErrorKind::input, "[safetensors] ", path, ": ", parts...);
}

/// The first eight bytes: how long the header is.
std::uint64_t header_length(std::span<const std::byte> file, const std::string& path) {
  if (file.size() < kLengthBytes) {
    refuse(path, "has ", file.size(), " bytes, fewer than the 8 of the header's length");
  }
  const std::uint64_t length = little_endian(file.first(kLengthBytes));
  if (length > kLongestSafetensorsHeader) {
    refuse(path, "the header claims ", length, " bytes, but ", kLongestSafetensorsHeader,
           " are the most; is it a safetensors file?");
  }
  if (length > file.size() - kLengthBytes) {
    refuse(path, "the header claims ", length,
           " bytes after the 8 of its length, but the file has ", file.size(),
           " in all; incomplete download?");
  }
  return length;
}

/// Each tensor must start where the one before it ends: no holes, nothing shared.
void check_offsets(const Tensor& tensor, std::uint64_t previous_end, const std::string& path) {
  const char* fault = nullptr;
  if (tensor.end < tensor.begin) {
    fault = "run backwards";
  } else if (tensor.begin > previous_end) {
    fault = "leave a hole";
  } else if (tensor.begin < previous_end) {
    fault = "overlap another tensor";
  }
  if (fault == nullptr) return;
  refuse(path, "tensor ", in_quotes(tensor.name), ": offsets ", tensor.begin, "..", tensor.end, " ",
         fault, "; the data before them ends at ", previous_end);
}

void check_size(const Tensor& tensor, const std::string& path) {
  const std::string what = shape_text(tensor.shape) + " " + std::string(tensor.dtype->name);
  const auto count = element_count(tensor.shape);
  const auto bits = count ? checked_product(*count, tensor.dtype->bits) : std::nullopt;
  if (!bits) {
    refuse(path, "tensor ", in_quotes(tensor.name), ": the size of ", what,
           " does not fit 64 bits");
  }
  if (*bits % 8 != 0) {
    refuse(path, "tensor ", in_quotes(tensor.name), ": the ", *bits, " bits of ", what,
           " do not fill whole bytes");
  }
  if (tensor.end - tensor.begin != *bits / 8) {
    refuse(path, "tensor ", in_quotes(tensor.name), ": ", what, " takes ", *bits / 8,
           " bytes, but offsets ", tensor.begin, "..", tensor.end, " hold ",
           tensor.end - tensor.begin);
  }
}

/// Refuses tensors, in the order of the data, that do not lie in the file, whose data begins at
/// `data_begin`.
void check_end(const std::vector<Tensor>& tensors, std::uint64_t data_begin,
               std::uint64_t file_size, const std::string& path) {
  const std::uint64_t size = file_size - data_begin;
  const std::uint64_t end = tensors.empty() ? 0 : tensors.back().end;
  for (const Tensor& tensor : tensors) {
    if (tensor.end <= size) continue;
    const std::uint64_t all = end + std::min(data_begin, UINT64_MAX - end);
    refuse(path, "tensor ", in_quotes(tensor.name), ": offsets ", tensor.begin, "..", tensor.end,
           " exceed the file: header and data take ", all, " bytes in all, but the file has ",
           file_size, "; incomplete download?");
  }
  if (end < size) {
    refuse(path, "the tensors end at byte ", end, " of the data, but ", size - end,
           " bytes follow");
  }
}

/// `tensors` in the order of the data.
void check_layout(const std::vector<Tensor>& tensors, const std::string& path) {
  std::uint64_t previous_end = 0;
  for (const Tensor& tensor : tensors) {
    check_offsets(tensor, previous_end, path);
    check_size(tensor, path);
    previous_end = tensor.end;
  }
}

SafetensorsEntry entry_of(Tensor&& tensor, std::span<const std::byte> data) {
  return {std::move(tensor.name), std::string(tensor.dtype->name), tensor.dtype->dtype,
          std::move(tensor.shape), data.subspan(tensor.begin, tensor.end - tensor.begin)};
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::string& path) : file_(path) {
  const std::span<const std::byte> bytes = file_.bytes();
  const std::size_t length = header_length(bytes, path);
  const std::span<const std::byte> data = bytes.subspan(kLengthBytes + length);
  SafetensorsHeader header = parse_safetensors_header(
      {reinterpret_cast<const char*>(bytes.data()) + kLengthBytes, length}, path);

  std::stable_sort(header.tensors.begin(), header.tensors.end(), [](const auto& a, const auto& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  check_layout(header.tensors, path);
  check_end(header.tensors, kLengthBytes + length, bytes.size(), path);

  metadata_ = std::move(header.metadata);
  tensors_.reserve(header.tensors.size());
  for (Tensor& tensor : header.tensors) {
    tensors_.push_back(entry_of(std::move(tensor), data));
    positions_.emplace(tensors_.back().name, tensors_.size() - 1);
  }
}

const SafetensorsEntry* SafetensorsFile::find(std::string_view name) const {
  const auto found = positions_.find(name);
  return found == positions_.end() ? nullptr : &tensors_[found->second];
}

}  // namespace lora
