// A stream of delimited text, record by record: a line, or several where a quoted field has line
// ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lora/data/byte_stream.h"

namespace lora {

/// One record as it stands in the file, without its line end.
struct Record {
  std::string_view text;
  std::int64_t line = 0;  ///< physical line where it begins, from 1
  bool quoted = false;    ///< some field is quoted
  char line_end = '\n';   ///< '\n' (also for CRLF) or '\r'
};

/// A place in a text file.
struct Place {
  std::int64_t line;
  std::int64_t column;  ///< in characters, from 1
};

/// Where byte `offset` of the record is.
Place place_of(const Record& record, std::size_t offset);

/// "data.csv:17:3".
std::string place_in(const std::string& label, const Record& record, std::size_t offset);

/// A quote opens a quoted field where only blanks are between it and the separator or line start
/// before it; in a quoted field a quote is written twice. Elsewhere quotes are letters like others.
/// Line ends are LF, CRLF or, if the first one in the file is, CR alone. A UTF-8 byte order mark is
/// passed over. Memory: one buffer, which grows to the longest record, and one to read ahead.
class RecordReader {
 public:
  static constexpr std::size_t kBufferBytes = std::size_t{1} << 18U;
  static constexpr std::size_t kLongestRecord = std::size_t{1} << 28U;

  /// "-" is standard input. `buffer_bytes` are read at a time, at least 1. Throws Error(input) if
  /// the file cannot be read or is plainly no UTF-8 text: UTF-16, or compressed.
  explicit RecordReader(const std::string& path, std::size_t buffer_bytes = kBufferBytes,
                        std::size_t longest_record = kLongestRecord);

  const std::string& label() const { return stream_.label(); }

  /// Any of these characters separates fields; at first comma, semicolon and tab do.
  void set_separators(std::string separators) { separators_ = std::move(separators); }

  /// The next record, which may be empty; false at the end. Its text lives until the next call.
  /// Throws Error(input) for a NUL byte, an endless record and a quote that is never closed.
  bool next(Record& record);

  /// The lines from the next record on that are in memory, each with its line end; each is a record
  /// of its own, as there is no quote in them. If there is none in memory, some are read. Empty if
  /// the next record is no such line: next() takes it. They live until the next call of next() or
  /// plain_lines(). Throws as next() does.
  std::string_view plain_lines();

  /// Passes over the first `bytes` of plain_lines(), which are `lines` lines.
  void skip(std::size_t bytes, std::int64_t lines);

  /// Reads what stands behind the buffer, for when it is wanted: one thread may do that while
  /// others look at what plain_lines() gave. Only of large files, so that nobody waits for a pipe.
  /// What goes wrong is thrown by next() or plain_lines().
  void read_ahead() noexcept;

  /// Goes on with line `line`, which begins at byte `begin` of the file, and ends before byte
  /// `end`.
  void go_to(std::uint64_t begin, std::uint64_t end, std::int64_t line);

  /// The line where the next record begins.
  std::int64_t line() const { return line_; }

  /// From a file that is larger, so many bytes are read at a time, once it has turned out to be.
  void set_block_bytes(std::size_t bytes) { block_bytes_ = bytes; }

  /// True if nothing stands in the stream but perhaps a byte order mark.
  bool empty() const { return empty_; }

 private:
  void check_signature();
  void detect_line_end();
  void begin_record(std::size_t begin);
  bool find_record_end();
  std::size_t find_line_end(std::size_t from) const;
  std::size_t find_opening_quote(std::size_t from, std::size_t to) const;
  /// A quote directly behind a closing one: the second of a pair that stands for one quote.
  bool reopens(std::size_t quote) const { return quoted_ && quote == closed_; }
  /// What came of one reading.
  struct Arrival {
    std::size_t bytes = 0;  // up to a NUL byte
    bool full = false;      // as many as there was room for
    bool nul = false;       // a NUL byte follows
    bool end = false;       // of the stream
  };

  bool fill();
  Arrival read_to(char* to, std::size_t capacity);
  Arrival take_ahead();
  void check_length() const;
  void make_room();
  Record buffered(std::size_t size) const;

  ByteStream stream_;
  std::size_t longest_record_;
  std::size_t block_bytes_ = 0;
  std::string separators_ = ",;\t|";
  char line_end_ = 0;  // 0 while it is unknown: then any

  std::vector<char> buffer_;
  std::size_t begin_ = 0;       // of the record
  std::size_t next_ = 0;        // begin of the record after it
  std::size_t end_ = 0;         // of what has been read
  std::size_t mark_bytes_ = 0;  // of the byte order mark
  bool empty_ = false;
  bool ended_ = false;   // the stream has
  bool filled_ = false;  // the last read filled the buffer
  bool nul_ = false;     // a NUL byte stands at end_
  std::int64_t line_ = 1;

  std::vector<char> ahead_buffer_;  // room for the begin of a record, then what was read ahead
  std::optional<Arrival> ahead_;
  std::exception_ptr ahead_fault_;

  // The search for the end of the record; offsets count from begin_.
  std::size_t scanned_ = 0;      // the end is not before this
  std::size_t line_end_at_ = 0;  // nor is a line end between scanned_ and this
  std::size_t opened_ = 0;       // the last opening quote
  std::size_t closed_ = 0;       // behind the last closing quote
  bool inside_quotes_ = false;
  bool quoted_ = false;
};

}  // namespace lora
