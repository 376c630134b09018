#include "lora/report/event_records.h"

#include <bit>
#include <cstddef>
#include <optional>
#include <span>

#include "lora/io/crc32c.h"

namespace lora {

namespace {

constexpr std::string_view kVersion = "brain.Event:2";
constexpr std::size_t kHead = 12;  // the length and its sum
constexpr std::size_t kFoot = 4;

// How a field of a protocol buffer is written, beside its number.
enum Wire : unsigned { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

/// The low `count` bytes of a number, the lowest first.
std::string little_endian(std::uint64_t number, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i, number >>= 8U) bytes += static_cast<char>(number & 0xFFU);
  return bytes;
}

std::uint64_t from_little_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    number = (number << 8U) | static_cast<unsigned char>(bytes[i]);
  }
  return number;
}

/// As TFRecord stores a sum, since one of data that holds its own sum is no good one.
std::string masked_sum(std::string_view bytes) {
  constexpr std::uint32_t kDelta = 0xA282EAD8;
  const std::uint32_t sum = crc32c(std::as_bytes(std::span(bytes)));
  return little_endian(std::rotr(sum, 15) + kDelta, 4);
}

std::string varint(std::uint64_t number) {
  std::string bytes;
  for (; number >= 0x80; number >>= 7U) bytes += static_cast<char>((number & 0x7FU) | 0x80U);
  return bytes + static_cast<char>(number);
}

std::string key(unsigned field, Wire wire) {
  return varint((field << 3U) | wire);
}

std::string bytes_field(unsigned field, std::string_view bytes) {
  return key(field, kBytes) + varint(bytes.size()) + std::string(bytes);
}

std::string time_field(double wall_time) {
  return key(1, kFixed64) + little_endian(std::bit_cast<std::uint64_t>(wall_time), 8);
}

std::string value_of(const std::string& tag, double value) {
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
  return bytes_field(1, tag) + key(2, kFixed32) + little_endian(bits, 4);
}

/// The payload of the record at the front; nothing if it is not whole.
std::optional<std::string_view> first_payload(std::string_view bytes) {
  if (bytes.size() < kHead + kFoot) return std::nullopt;
  const std::string_view length = bytes.substr(0, 8);
  if (masked_sum(length) != bytes.substr(8, 4)) return std::nullopt;
  const std::uint64_t size = from_little_endian(length);
  if (size > bytes.size() - kHead - kFoot) return std::nullopt;
  const std::string_view payload = bytes.substr(kHead, size);
  if (masked_sum(payload) != bytes.substr(kHead + size, kFoot)) return std::nullopt;
  return payload;
}

/// Of an Event as it is written here: the step follows the time. 0 if it has none.
std::int64_t step_of(std::string_view payload) {
  constexpr std::size_t kTime = 9;
  if (payload.size() <= kTime || payload.substr(kTime, 1) != key(2, kVarint)) return 0;
  std::uint64_t step = 0;
  unsigned shift = 0;
  for (const char c : payload.substr(kTime + 1)) {
    const auto byte = static_cast<unsigned char>(c);
    step |= std::uint64_t{byte & 0x7FU} << shift;
    shift += 7;
    if (byte < 0x80 || shift > 63) break;
  }
  return static_cast<std::int64_t>(step);
}

}  // namespace

std::string framed_record(std::string_view payload) {
  const std::string length = little_endian(payload.size(), 8);
  return length + masked_sum(length) + std::string(payload) + masked_sum(payload);
}

std::string version_event(double wall_time) {
  return time_field(wall_time) + bytes_field(3, kVersion);
}

std::string scalar_event(double wall_time, std::int64_t step,
                         const std::vector<std::pair<std::string, double>>& scalars) {
  std::string summary;
  for (const auto& [tag, value] : scalars) summary += bytes_field(1, value_of(tag, value));
  return time_field(wall_time) + key(2, kVarint) + varint(static_cast<std::uint64_t>(step)) +
         bytes_field(5, summary);
}

bool is_event_file(std::string_view bytes) {
  const auto payload = first_payload(bytes);
  return payload && payload->ends_with(kVersion);
}

std::string_view records_until(std::string_view bytes, std::int64_t step) {
  std::size_t kept = 0;
  while (const auto payload = first_payload(bytes.substr(kept))) {
    if (step_of(*payload) > step) break;
    kept += kHead + payload->size() + kFoot;
  }
  return bytes.substr(0, kept);
}

}  // namespace lora
