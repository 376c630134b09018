#include <algorithm>
#include <stdexcept>
#include <tuple>

#include <nlohmann/json.hpp>

#include "lora/core/error.h"
#include "lora/core/text.h"
#include "lora/io/safetensors.h"
#include "lora/io/safetensors_dtype.h"
#include "lora/io/safetensors_header.h"
#include "lora/io/shape.h"

namespace lora {

namespace {

constexpr std::size_t kAlignment = 8;

template <class... Parts>
[[noreturn]] void refuse(const Parts&... parts) {
  throw Error(ErrorKind::output, "[safetensors] ", parts...);
}

void sort_for_file(std::vector<SafetensorsTensor>& tensors) {
  std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) {
    const int rank_a = safetensors_dtype(a.dtype).rank;
    const int rank_b = safetensors_dtype(b.dtype).rank;
    return std::tie(rank_b, a.name) < std::tie(rank_a, b.name);
  });
}

void check_names(const std::vector<SafetensorsTensor>& tensors) {
  std::vector<std::string_view> names;
  names.reserve(tensors.size());
  for (const SafetensorsTensor& tensor : tensors) names.push_back(tensor.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) refuse("two tensors are named ", in_quotes(*twice));
  if (std::binary_search(names.begin(), names.end(), "__metadata__")) {
    refuse("a tensor cannot be named '__metadata__', which the format needs for itself");
  }
}

void check_bytes(const SafetensorsTensor& tensor) {
  const auto count = element_count(tensor.shape);
  const auto size = count ? checked_product(*count, size_of(tensor.dtype)) : std::nullopt;
  if (size != tensor.bytes.size()) {
    throw std::logic_error(in_quotes(tensor.name) + " of shape " + shape_text(tensor.shape) +
                           " has " + std::to_string(tensor.bytes.size()) + " bytes");
  }
}

void check_header_length(std::size_t length) {
  if (length <= kLongestSafetensorsHeader) return;
  refuse("a header of ", length, " bytes or more is too long; ", kLongestSafetensorsHeader,
         " are the most");
}

/// "text" with JSON's escapes; other characters than those stay as they are.
std::string json_string(const std::string& text) {
  check_header_length(text.size());
  if (find_invalid_utf8(text) != std::string::npos) {
    refuse(in_quotes(text), " is not UTF-8, so that no file can hold it as a name or metadata");
  }
  return nlohmann::json(text).dump();
}

std::string json_list(const std::vector<std::uint64_t>& numbers) {
  std::string list = "[";
  for (const std::uint64_t number : numbers) {
    if (list.size() > 1) list += ',';
    list += std::to_string(number);
  }
  return list + "]";
}

std::string json_metadata(const std::map<std::string, std::string>& metadata) {
  std::string object = "{";
  for (const auto& [key, value] : metadata) {
    if (object.size() > 1) object += ',';
    object += json_string(key) + ":" + json_string(value);
  }
  return object + "}";
}

/// The JSON of the header; `tensors` are in the order of the data.
std::string header_text(const std::vector<SafetensorsTensor>& tensors,
                        const std::map<std::string, std::string>& metadata) {
  std::string header = "{";
  if (!metadata.empty()) header += "\"__metadata__\":" + json_metadata(metadata);
  std::uint64_t begin = 0;
  for (const SafetensorsTensor& tensor : tensors) {
    const std::uint64_t end = begin + tensor.bytes.size();
    if (header.size() > 1) header += ',';
    header += json_string(tensor.name) + ":{\"dtype\":\"";
    header += safetensors_dtype(tensor.dtype).name;
    header += "\",\"shape\":" + json_list(tensor.shape);
    header += ",\"data_offsets\":" + json_list({begin, end}) + "}";
    begin = end;
  }
  header += '}';
  header.append((kAlignment - header.size() % kAlignment) % kAlignment, ' ');
  return header;
}

void append(std::vector<std::byte>& result, std::span<const std::byte> bytes) {
  result.insert(result.end(), bytes.begin(), bytes.end());
}

void append_length(std::vector<std::byte>& result, std::uint64_t length) {
  for (unsigned shift = 0; shift < 64; shift += 8) {
    result.push_back(static_cast<std::byte>((length >> shift) & 0xFFU));
  }
}

}  // namespace

std::vector<std::byte> safetensors_bytes(std::vector<SafetensorsTensor> tensors,
                                         const std::map<std::string, std::string>& metadata) {
  check_names(tensors);
  std::size_t data_size = 0;
  for (const SafetensorsTensor& tensor : tensors) {
    check_bytes(tensor);
    data_size += tensor.bytes.size();
  }
  sort_for_file(tensors);
  const std::string header = header_text(tensors, metadata);
  check_header_length(header.size());

  std::vector<std::byte> result;
  result.reserve(sizeof(std::uint64_t) + header.size() + data_size);
  append_length(result, header.size());
  append(result, std::as_bytes(std::span(header)));
  for (const SafetensorsTensor& tensor : tensors) append(result, tensor.bytes);
  return result;
}

}  // namespace lora
