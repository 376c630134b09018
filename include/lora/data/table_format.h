// What separates the fields of a text table, and whether its first record is a header.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lora/data/record_fields.h"
#include "lora/data/record_reader.h"

namespace lora {

/// The separator that a line of its own announces, as spreadsheets write it: "sep=;".
std::optional<char> announced_separator(const Record& first);

/// Tab, semicolon, comma or bar: the first of these that stands outside quotes in the first record,
/// but rather one that stands as often in the second; comma if there is none. `second` may be null.
char detect_separator(const Record& first, const Record* second);

/// A cell for the detection of a header.
struct Cell {
  std::string text;
  bool quoted = false;
};

/// The cells of a record, the first `most` of them.
std::vector<Cell> cells_of(const Record& record, char separator, const std::string& label,
                           std::size_t most = static_cast<std::size_t>(-1));

/// Whether `first` names the columns, judged by itself and the record below it (empty if there is
/// none). It does if it has a text in it and
///  - no number at all, or
///  - a text, or a quoted number, above a plain number, while the numbers beside it could be names:
///    whole numbers, or at least three that only rise or only fall (wavelengths), or
///  - numbers that are successive years.
/// It also does without a text if it is as pandas writes arrays, 0, 1, 2 … behind an empty name, or
/// if at least three such numbers stand above one with a point, or at least eight above
/// others; and if it has successive years, and the record below none. Labels beside measurements in
/// a file without header (5.1,3.5,setosa) are no names.
bool is_header(const std::vector<Cell>& first, const std::vector<Cell>& second);

}  // namespace lora
