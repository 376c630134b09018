// Tables of delimited text (CSV, TSV), read from front to back in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lora/core/matrix.h"
#include "lora/data/record_fields.h"
#include "lora/data/record_reader.h"
#include "lora/data/table_format.h"
#include "lora/data/table_part.h"

namespace lora {

/// Columns of a table, by their numbers from 0. A column may stand in several lists, but in each
/// only once.
struct ColumnChoice {
  std::vector<std::size_t> numbers;
  std::vector<std::size_t> texts;
  std::vector<std::size_t> kept{};  ///< to be passed along as they stand

  /// A number whose cells may have been meant as classes, for the message about one that is none.
  std::optional<std::size_t> perhaps_classes{};
};

/// Rows read from a table, in its order; columns in the order of the choice.
struct TableRows {
  std::vector<Real> numbers;        ///< (rows, chosen numbers), row-major, all finite
  std::vector<std::string> texts;   ///< (rows, chosen texts), row-major, in UTF-8; may be empty
  std::vector<std::string> kept;    ///< (rows, kept columns), likewise, with the blanks around them
  std::vector<std::int64_t> lines;  ///< where each row begins in the file, from 1

  /// Removes the rows from row `count` on, and what has been begun of one more.
  void cut(std::size_t count, const ColumnChoice& choice);

  Index size() const { return static_cast<Index>(lines.size()); }
  void clear();
};

/// How the bytes of a table are read; the rows do not depend on it.
struct TableReading {
  int threads = 1;                                        ///< at most so many
  std::size_t buffer_bytes = RecordReader::kBufferBytes;  ///< read at a time, at first
  std::size_t chunk_bytes = std::size_t{1} << 18U;        ///< what a thread takes at a time
};

/// The file must be UTF-8 where it is used as text. Lines without anything in them are passed over,
/// but in a table of one column only behind the last row: there they could be empty cells. Blanks
/// around fields do not belong to them, but where they are kept. Messages begin with file:line, or
/// file:line:column where a field is wrong; lines and columns count from 1, columns in characters.
class TextTable {
 public:
  /// Opens a table, "-" is standard input, and reads its first two records to find out its
  /// separator
  /// (.tsv: tab; otherwise see detect_separator) and whether it has a header (see is_header).
  /// Throws Error(input) if it cannot be read or has no rows.
  explicit TextTable(const std::string& path, const TableReading& reading = {});

  /// The path, or "stdin".
  const std::string& label() const { return reader_.label(); }
  bool has_header() const { return has_header_; }
  char separator() const { return separator_; }

  /// As the header has them, or "1", "2", …. A column of row numbers or a separator at the ends of
  /// all lines gives a column without a name: leave it out, as nobody can mean it.
  const std::vector<std::string>& column_names() const { return names_; }

  /// The column (from 0) of that name; else `last` is the last one with a name, and a whole number
  /// counts the columns from 1. Throws Error(input) if there is none, with the nearest name, or if
  /// several have that name.
  std::size_t column(std::string_view name) const;

  /// The cells of the first row, which has not been read yet.
  std::vector<Cell> first_row() const;

  /// What the next calls of read() take; at first nothing. Throws std::logic_error for a column
  /// that a list has twice.
  void choose(const ColumnChoice& choice);

  /// Goes on with the rows of this part of the file, and ends with them. No row has been read yet.
  void go_to(const TablePart& part);

  /// How many rows there are from the next one on; passes over all of them.
  Index count_rows();

  /// Passes over rows without a look into them, at most so many.
  void pass_over(Index rows);

  /// Appends the next rows to `rows`, at most `max_rows` of them, and returns how many; fewer than
  /// max_rows only at the end. Throws Error(input) at a record that has too many or too few fields,
  /// at a number that is none, at a text that is not UTF-8.
  Index read(Index max_rows, TableRows& rows);

 private:
  static constexpr std::size_t kUnused = static_cast<std::size_t>(-1);

  /// Where a column's cells go in a row of each kind.
  struct Use {
    std::size_t number = kUnused;
    std::size_t text = kUnused;
    std::size_t kept = kUnused;
  };

  /// A record of the first two, which were read to know the table by.
  struct FirstRecord {
    std::string text;
    Record record;
  };

  /// Lines that one thread reads.
  struct Chunk {
    std::string_view text;
    TableRows rows;          // their lines count from 0
    std::int64_t lines = 0;  // that have been read: up to the first that is wrong
    std::size_t bytes = 0;   // likewise
  };

  void read_first_records(std::optional<char> separator);
  void read_first_record();
  void set_names(const std::vector<Cell>& first);
  void forget_empty_end(const std::vector<Cell>& first, const std::vector<Cell>& second);
  void index_names();
  bool next(Record& record);
  bool next_not_blank(Record& record);
  void check_blank_line() const;
  bool read_block();
  std::size_t cut_into_chunks(std::string_view block);
  void read_chunk(Chunk& chunk) const;
  bool read_line(std::string_view line, std::int64_t number, TableRows& rows) const;
  Index take(Index max_rows, TableRows& rows);
  bool is_blank(std::string_view text) const;
  void read_row(const Record& record, TableRows& rows) const;
  bool is_first_row(const Record& record) const;
  Real number(const Record& record, const Field& field, std::size_t column) const;
  void check_empty(const Record& record, const Field& field, std::size_t column) const;
  void check_text(const Record& record, const Field& field, std::size_t column) const;
  [[noreturn]] void throw_bad_cell(const Record& record, const Field& field, std::size_t column,
                                   const std::string& fault) const;
  [[noreturn]] void throw_ragged(const Record& record) const;
  [[noreturn]] void throw_unknown(std::string_view name) const;

  TableReading reading_;
  RecordReader reader_;
  char separator_ = ',';
  bool has_header_ = false;
  std::int64_t blank_line_ = 0;  // the first blank line since the last record, 0 if there is none
  std::vector<std::string> names_;
  std::unordered_map<std::string_view, std::size_t> column_of_;  // the first one of each name
  std::unordered_map<std::string_view, std::size_t> repeated_;   // the second one, if there is one
  std::vector<FirstRecord> first_records_;
  std::size_t given_ = 0;  // of first_records_
  std::vector<Use> uses_;  // of each column
  ColumnChoice choice_;

  std::vector<Chunk> chunks_;    // of the last block
  std::size_t chunks_read_ = 0;  // those that hold rows
  std::size_t chunk_ = 0;        // the one whose rows are given next
  std::size_t chunk_row_ = 0;    // from this one on
};

}  // namespace lora
