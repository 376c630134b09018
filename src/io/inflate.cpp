#include "lora/io/inflate.h"

#include <algorithm>
#include <new>
#include <stdexcept>

#define ZLIB_CONST  // the input of z_stream is read-only
#include <zlib.h>

namespace lora {

namespace {

constexpr std::size_t kMostAtOnce = std::size_t{1} << 30U;  // zlib counts in unsigned int
constexpr int kRawWindowBits = -15;                         // negative: no header

const Bytef* as_input(const std::byte* bytes) {
  return reinterpret_cast<const Bytef*>(bytes);
}

class InflateStream {
 public:
  explicit InflateStream(std::span<const std::byte> data) : data_(data) {
    const int code = inflateInit2(&stream_, kRawWindowBits);
    if (code == Z_MEM_ERROR) throw std::bad_alloc();
    if (code != Z_OK) throw std::logic_error("zlib of another version than its header");
  }
  ~InflateStream() { inflateEnd(&stream_); }
  InflateStream(const InflateStream&) = delete;
  InflateStream& operator=(const InflateStream&) = delete;
  InflateStream(InflateStream&&) = delete;  // zlib's state points back at the stream
  InflateStream& operator=(InflateStream&&) = delete;

  /// Fills `target` as far as the data reaches; target_full need not mean that there is more.
  Inflated fill(std::span<std::byte> target) {
    std::size_t size = 0;
    while (size < target.size()) {
      const std::size_t room = std::min(target.size() - size, kMostAtOnce);
      stream_.next_out = reinterpret_cast<Bytef*>(target.data() + size);
      stream_.avail_out = static_cast<uInt>(room);
      const int code = step();
      size += room - stream_.avail_out;
      if (code == Z_STREAM_END) return {size, InflateEnd::complete};
      if (code == Z_BUF_ERROR) return {size, InflateEnd::cut_off};
      if (code == Z_MEM_ERROR) throw std::bad_alloc();
      if (code != Z_OK) return {size, InflateEnd::corrupt};
    }
    return {size, InflateEnd::target_full};
  }

 private:
  int step() {
    const std::size_t count = std::min(data_.size(), kMostAtOnce);
    stream_.next_in = as_input(data_.data());
    stream_.avail_in = static_cast<uInt>(count);
    const int code = ::inflate(&stream_, Z_NO_FLUSH);
    data_ = data_.subspan(count - stream_.avail_in);
    return code;
  }

  z_stream stream_{};
  std::span<const std::byte> data_;  // not inflated yet
};

}  // namespace

Inflated inflate_into(std::span<const std::byte> data, std::span<std::byte> target) {
  InflateStream stream(data);
  const Inflated inflated = stream.fill(target);
  if (inflated.end != InflateEnd::target_full) return inflated;
  std::byte surplus{};
  const Inflated rest = stream.fill({&surplus, 1});
  return {inflated.size, rest.size > 0 ? InflateEnd::target_full : rest.end};
}

std::uint32_t crc32_of(std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, as_input(bytes.data()), bytes.size()));
}

}  // namespace lora
