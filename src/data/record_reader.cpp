#include "lora/data/record_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "lora/core/error.h"

namespace lora {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// First bytes of files that are often taken for tables.
struct Signature {
  std::string_view bytes;
  std::string_view meaning;
};
constexpr std::size_t kLongestSignature = 6;
constexpr std::array kSignatures = {
    Signature{"\xFF\xFE", "is UTF-16 text; save it as UTF-8 (in a spreadsheet: \"CSV UTF-8\")"},
    Signature{"\xFE\xFF", "is UTF-16 text; save it as UTF-8 (in a spreadsheet: \"CSV UTF-8\")"},
    Signature{"\x1F\x8B",
              "is compressed by gzip; unpack it first, or pipe it: gunzip -c FILE | … -"},
    Signature{"\x28\xB5\x2F\xFD", "is compressed by zstd; unpack it first"},
    Signature{"\xFD"
              "7zXZ",
              "is compressed by xz; unpack it first"},
    Signature{
        "PK\x03\x04",
        "is a zip archive: export a spreadsheet's own file as CSV, save the tensors of a PyTorch "
        "file as .safetensors, give NumPy's arrays the ending .npz"},
    Signature{"\x89HDF", "is an HDF5 file; export the table as CSV, or its arrays with NumPy"},
    Signature{"\x93NUMPY", "is a NumPy array; give it the ending .npy"},
    Signature{"PAR1\x15", "is a Parquet file; export the table as CSV"},
};

const char* find(const char* from, const char* to, char wanted) {
  return from == to ? nullptr
                    : static_cast<const char*>(
                          std::memchr(from, wanted, static_cast<std::size_t>(to - from)));
}

/// Most records, of which a part has been read, fit in front of what is read ahead.
constexpr std::size_t kRoomAhead = std::size_t{1} << 16U;

bool continues_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80;
}

}  // namespace

Place place_of(const Record& record, std::size_t offset) {
  const std::string_view before = record.text.substr(0, offset);
  const auto lines = std::count(before.begin(), before.end(), record.line_end);
  const auto line_start = lines == 0 ? 0 : before.rfind(record.line_end) + 1;
  const std::string_view line = before.substr(line_start);
  const auto tails = std::count_if(line.begin(), line.end(), continues_character);
  return {record.line + lines, static_cast<std::int64_t>(line.size()) - tails + 1};
}

std::string place_in(const std::string& label, const Record& record, std::size_t offset) {
  const Place place = place_of(record, offset);
  return label + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

RecordReader::RecordReader(const std::string& path, std::size_t buffer_bytes,
                           std::size_t longest_record)
    : stream_(path),
      longest_record_(longest_record),
      buffer_(std::max<std::size_t>(buffer_bytes, 1)) {
  check_signature();
  const bool marked = std::string_view(buffer_.data(), end_).starts_with(kByteOrderMark);
  next_ = mark_bytes_ = marked ? kByteOrderMark.size() : 0;
  empty_ = next_ == end_;
  begin_record(next_);
  detect_line_end();
}

void RecordReader::check_signature() {
  bool more = true;
  while (more) {
    const std::string_view start(buffer_.data(), end_);
    for (const Signature& signature : kSignatures) {
      if (start.starts_with(signature.bytes)) {
        throw Error(ErrorKind::input, label(), ": ", signature.meaning);
      }
    }
    more = end_ < kLongestSignature && fill();
  }
}

void RecordReader::detect_line_end() {
  while (!find_record_end()) {
    if (fill()) continue;
    line_end_ = '\n';
    return;
  }
  // Some programs write CR CR LF, so what ends a run of CR decides.
  std::size_t i = scanned_;
  while (begin_ + i < end_ || fill()) {
    if (buffer_[begin_ + i] != '\r') break;
    ++i;
  }
  line_end_ = begin_ + i < end_ && buffer_[begin_ + i] == '\n' ? '\n' : '\r';
}

void RecordReader::begin_record(std::size_t begin) {
  begin_ = begin;
  scanned_ = line_end_at_ = opened_ = closed_ = 0;
  inside_quotes_ = quoted_ = false;
}

bool RecordReader::next(Record& record) {
  begin_record(next_);
  bool found = find_record_end();
  while (!found && fill()) found = find_record_end();
  if (!found && begin_ == end_) return false;
  record = buffered(scanned_);
  if (inside_quotes_) {
    throw Error(ErrorKind::input, place_in(label(), record, opened_),
                ": the quote that opens this field is never closed");
  }
  next_ = begin_ + scanned_ + (found ? 1 : 0);
  line_ += 1;
  if (quoted_) line_ += std::count(record.text.begin(), record.text.end(), line_end_);
  if (line_end_ == '\n') {
    while (record.text.ends_with('\r')) record.text.remove_suffix(1);
  }
  return true;
}

std::string_view RecordReader::plain_lines() {
  begin_record(next_);
  if (line_end_ != '\n') return {};
  do {
    const char* const first = buffer_.data() + begin_;
    const char* const quote = find(first, buffer_.data() + end_, '"');
    const auto size = quote == nullptr ? end_ - begin_ : static_cast<std::size_t>(quote - first);
    const std::string_view plain(first, size);
    const std::size_t last = plain.rfind('\n');
    if (last != std::string_view::npos) return plain.substr(0, last + 1);
    if (quote != nullptr) return {};
  } while (fill());
  return {};
}

void RecordReader::go_to(std::uint64_t begin, std::uint64_t end, std::int64_t line) {
  stream_.limit_to(begin == 0 ? mark_bytes_ : begin, end);
  begin_record(0);
  next_ = end_ = 0;
  ended_ = filled_ = nul_ = false;
  ahead_.reset();
  line_ = line;
}

void RecordReader::skip(std::size_t bytes, std::int64_t lines) {
  next_ = begin_ + bytes;
  line_ += lines;
}

Record RecordReader::buffered(std::size_t size) const {
  return {{buffer_.data() + begin_, size}, line_, quoted_, line_end_ == 0 ? '\n' : line_end_};
}

/// Goes on with the search in what has been read since. scanned_ becomes the offset of the line end
/// that ends the record, or of the end of all that is there.
bool RecordReader::find_record_end() {
  const std::size_t size = end_ - begin_;
  while (scanned_ < size) {
    if (inside_quotes_) {
      const char* record = buffer_.data() + begin_;
      const char* quote = find(record + scanned_, record + size, '"');
      inside_quotes_ = quote == nullptr;
      scanned_ = inside_quotes_ ? size : static_cast<std::size_t>(quote - record) + 1;
      if (!inside_quotes_) closed_ = scanned_;
      continue;
    }
    line_end_at_ = find_line_end(std::max(line_end_at_, scanned_));
    const std::size_t quote = find_opening_quote(scanned_, line_end_at_);
    if (quote == line_end_at_) {
      scanned_ = line_end_at_;
      return scanned_ < size;
    }
    if (!reopens(quote)) opened_ = quote;
    scanned_ = quote + 1;
    inside_quotes_ = quoted_ = true;
  }
  return false;
}

/// Offset of the first line end from offset `from` on, or of the end of all that is there.
std::size_t RecordReader::find_line_end(std::size_t from) const {
  const char* record = buffer_.data() + begin_;
  const char* last = buffer_.data() + end_;
  if (line_end_ == 0) {
    const auto is_line_end = [](char c) { return c == '\n' || c == '\r'; };
    return static_cast<std::size_t>(std::find_if(record + from, last, is_line_end) - record);
  }
  const char* line_end = find(record + from, last, line_end_);
  return static_cast<std::size_t>((line_end == nullptr ? last : line_end) - record);
}

/// Offset of the first quote between the offsets that opens or reopens a field, or `to`.
std::size_t RecordReader::find_opening_quote(std::size_t from, std::size_t to) const {
  const char* record = buffer_.data() + begin_;
  const char* quote = find(record + from, record + to, '"');
  for (; quote != nullptr; quote = find(quote + 1, record + to, '"')) {
    const auto offset = static_cast<std::size_t>(quote - record);
    if (reopens(offset)) return offset;
    std::size_t i = offset;
    const auto is_separator = [&](char c) { return separators_.find(c) != std::string::npos; };
    while (i > 0 && (record[i - 1] == ' ' || record[i - 1] == '\t') &&
           !is_separator(record[i - 1])) {
      --i;
    }
    if (i == 0 || is_separator(record[i - 1])) return offset;
  }
  return to;
}

/// Reads more behind what is there of the record; false at the end of the stream. What stands
/// before a NUL byte is given out first.
bool RecordReader::fill() {
  if (ended_) return false;
  if (!nul_) {
    const bool is_there = ahead_.has_value() || ahead_fault_;
    if (!is_there) make_room();
    const Arrival arrival =
        is_there ? take_ahead() : read_to(buffer_.data() + end_, buffer_.size() - end_);
    end_ += arrival.bytes;
    filled_ = arrival.full;
    nul_ = arrival.nul;
    ended_ = arrival.end;
    if (arrival.bytes > 0 || ended_) return !ended_;
  }
  throw Error(ErrorKind::input, place_in(label(), buffered(end_ - begin_), end_ - begin_),
              ": a NUL byte; this is not UTF-8 text (UTF-16, or a binary file?)");
}

RecordReader::Arrival RecordReader::read_to(char* to, std::size_t capacity) {
  const std::size_t count = stream_.read(to, capacity);
  const char* nul = find(to, to + count, '\0');
  return {.bytes = nul == nullptr ? count : static_cast<std::size_t>(nul - to),
          .full = count == capacity,
          .nul = nul != nullptr,
          .end = count == 0};
}

void RecordReader::read_ahead() noexcept {
  if (!filled_ || buffer_.size() < block_bytes_ || nul_ || ahead_) return;
  try {
    ahead_buffer_.resize(kRoomAhead + block_bytes_);
    ahead_ = read_to(ahead_buffer_.data() + kRoomAhead, block_bytes_);
  } catch (...) {
    ahead_fault_ = std::current_exception();
  }
}

/// Puts what is there of the record in front of what was read ahead, and goes on with that buffer.
RecordReader::Arrival RecordReader::take_ahead() {
  if (ahead_fault_) std::rethrow_exception(ahead_fault_);
  check_length();
  const std::size_t size = end_ - begin_;
  const std::size_t room = std::max(size, kRoomAhead);
  ahead_buffer_.insert(ahead_buffer_.begin(), room - kRoomAhead, '\0');
  next_ = begin_ = room - size;
  std::copy_n(buffer_.data() + end_ - size, size, ahead_buffer_.data() + begin_);
  end_ = room;
  buffer_.swap(ahead_buffer_);
  return *std::exchange(ahead_, std::nullopt);
}

void RecordReader::check_length() const {
  const std::size_t size = end_ - begin_;
  if (size < longest_record_) return;
  throw Error(ErrorKind::input, label(), ":", line_, ": no end of this record within ", size,
              " bytes; is this a table, and is each quote closed?");
}

/// Moves the record to the front of the buffer, and doubles the buffer if the record fills it.
void RecordReader::make_room() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    next_ = begin_ = 0;
  }
  if (filled_ && buffer_.size() < block_bytes_) {
    buffer_.resize(std::min(2 * buffer_.size(), block_bytes_));
  }
  if (end_ < buffer_.size()) return;
  check_length();
  buffer_.resize(std::min(2 * buffer_.size(), std::max(longest_record_, end_ + 1)));
}

}  // namespace lora
