#include "lora/io/npy_header.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <system_error>

#include "lora/core/error.h"
#include "lora/core/text.h"

namespace lora {

namespace {

constexpr std::uint64_t kLargestDimension = INT64_MAX;  // NumPy's own limit

class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& label) : text_(text), label_(label) {}

  NpyHeader parse() {
    require('{', "a dictionary {…}");
    while (!accept('}')) {
      parse_item();
      if (!accept(',')) {
        require('}', "',' or '}'");
        break;
      }
    }
    skip_blanks();
    if (position_ != text_.size()) expected("the end of the header");
    return result();
  }

 private:
  template <class... Parts>
  [[noreturn]] void refuse(const Parts&... parts) const {
    throw Error(ErrorKind::input, "[npy] ", label_, ": ", parts...);
  }

  [[noreturn]] void expected(std::string_view what) const {
    refuse("the header should have ", what, " at its byte ", position_ + 1, ", not ",
           position_ < text_.size() ? in_quotes(text_.substr(position_, 20)) : "its end");
  }

  void skip_blanks() {
    position_ = std::min(text_.find_first_not_of(" \t\n\r\f", position_), text_.size());
  }

  bool accept(char wanted) {
    skip_blanks();
    if (position_ == text_.size() || text_[position_] != wanted) return false;
    ++position_;
    return true;
  }

  void require(char wanted, std::string_view what) {
    if (!accept(wanted)) expected(what);
  }

  bool accept_word(std::string_view word) {
    skip_blanks();
    if (!text_.substr(position_).starts_with(word)) return false;
    position_ += word.size();
    return true;
  }

  void parse_item() {
    const std::string_view key = parse_string("a key in quotes");
    require(':', "':'");
    if (key == "descr") {
      parse_once(descr_, key, [&] { return parse_descr(); });
    } else if (key == "fortran_order") {
      parse_once(fortran_order_, key, [&] { return parse_bool(); });
    } else if (key == "shape") {
      parse_once(shape_, key, [&] { return parse_shape(); });
    } else {
      refuse("the header has an unknown key ", in_quotes(key),
             " beside 'descr', 'fortran_order' and 'shape'");
    }
  }

  template <class Value, class Parse>
  void parse_once(std::optional<Value>& value, std::string_view key, Parse parse_value) {
    if (value) refuse("the header has ", in_quotes(key), " twice");
    value = parse_value();
  }

  std::string_view parse_string(std::string_view what) {
    const char quote = accept('\'') ? '\'' : '"';
    if (quote == '"' && !accept('"')) expected(what);
    const std::size_t end = text_.find(quote, position_);
    if (end == std::string_view::npos) expected("a string that ends");
    const std::string_view content = text_.substr(position_, end - position_);
    if (content.find_first_of("\\\n") != std::string_view::npos) {
      expected("a string of one line without backslashes");
    }
    position_ = end + 1;
    return content;
  }

  std::string parse_descr() {
    skip_blanks();
    const bool fields = text_.find_first_of("[(", position_) == position_;
    return std::string(fields ? parse_fields() : parse_string("a type in quotes for 'descr'"));
  }

  /// The list of a record's fields, as it stands: brackets are counted, strings passed over.
  std::string_view parse_fields() {
    const std::size_t start = position_;
    std::size_t depth = 0;
    do {
      position_ = text_.find_first_of("[](){}'\"", position_);
      if (position_ == std::string_view::npos) refuse("the header ends in a list of fields");
      const char sign = text_[position_];
      if (sign == '\'' || sign == '"') {
        parse_string("a string");
        continue;
      }
      ++position_;
      const bool opens = sign == '[' || sign == '(' || sign == '{';
      depth = opens ? depth + 1 : depth - 1;
    } while (depth > 0);
    return text_.substr(start, position_ - start);
  }

  bool parse_bool() {
    if (accept_word("True")) return true;
    if (accept_word("False")) return false;
    expected("True or False for 'fortran_order'");
  }

  std::vector<std::uint64_t> parse_shape() {
    std::vector<std::uint64_t> shape;
    require('(', "a tuple (…) for 'shape'");
    bool comma = true;
    while (!accept(')')) {
      if (!comma) expected("',' or ')'");
      shape.push_back(parse_dimension());
      comma = accept(',');
    }
    if (shape.size() == 1 && !comma) {
      refuse("the shape (", shape[0], ") is a number; a tuple (", shape[0], ",) would be right");
    }
    return shape;
  }

  std::uint64_t parse_dimension() {
    skip_blanks();
    const char* const begin = text_.data() + position_;
    std::uint64_t dimension = 0;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), dimension);
    if (error == std::errc::invalid_argument) expected("a whole number from 0 in 'shape'");
    if (error != std::errc() || dimension > kLargestDimension) {
      expected("a dimension of less than 2^63");
    }
    position_ += static_cast<std::size_t>(end - begin);
    accept('L');
    return dimension;
  }

  NpyHeader result() const {
    if (!descr_) refuse("the header has no 'descr'");
    if (!fortran_order_) refuse("the header has no 'fortran_order'");
    if (!shape_) refuse("the header has no 'shape'");
    return {*descr_, *fortran_order_, *shape_};
  }

  std::string_view text_;
  const std::string& label_;
  std::size_t position_ = 0;
  std::optional<std::string> descr_;
  std::optional<bool> fortran_order_;
  std::optional<std::vector<std::uint64_t>> shape_;
};

}  // namespace

NpyHeader parse_npy_header(std::string_view text, const std::string& label) {
  return HeaderParser(text, label).parse();
}

}  // namespace lora
