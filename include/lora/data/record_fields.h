// The fields of one record.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lora/data/record_reader.h"

namespace lora {

/// One field: without the blanks around it or, if it is quoted, what is between its quotes.
struct Field {
  std::string_view text;
  std::size_t offset = 0;  ///< of its first character or opening quote in the record
  bool quoted = false;
  bool has_quotes = false;  ///< `text` has quotes, each written twice
  std::string_view whole;   ///< with the blanks around it; of a quoted field the same as `text`

  /// The text with each quote once.
  std::string value() const { return with_single_quotes(text); }

  /// Likewise, with the blanks around it.
  std::string whole_value() const { return with_single_quotes(whole); }

 private:
  std::string with_single_quotes(std::string_view part) const;
};

/// Takes the fields of a record one after another. A record has one field more than separators.
class RecordFields {
 public:
  /// `label` is for messages. All are borrowed.
  RecordFields(const Record& record, char separator, const std::string& label);

  bool more() const { return position_ != nullptr; }

  /// Takes the next field. Throws Error(input) if text follows its closing quote.
  Field next();

  /// Takes the next field if it is, as it stands, a finite number in float's range; quick.
  bool next_number(float& value);

 private:
  Field next_quoted(const char* quote);
  const char* skip_blanks(const char* from) const;
  void step_over(const char* separator);

  const Record& record_;
  char separator_;
  const std::string& label_;
  const char* position_;  // where the next field begins; null behind the last
  const char* end_;
};

/// The number of fields of a record.
std::size_t count_fields(const Record& record, char separator, const std::string& label);

}  // namespace lora
