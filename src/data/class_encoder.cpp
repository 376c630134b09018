#include "lora/data/class_encoder.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "lora/core/error.h"
#include "lora/core/nearest.h"
#include "lora/core/text.h"
#include "lora/data/text_number.h"

namespace lora {

namespace {

// More classes than any head has: such a column holds identifiers, not labels.
constexpr std::int64_t kMostClasses = 1 << 24;

std::optional<double> parse_double(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data() + (text.starts_with('+') ? 1 : 0), end, number);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return number;
}

/// "3" and "3.0", as exports write whole numbers.
std::optional<std::int64_t> as_whole(std::optional<double> number) {
  constexpr double kLargest = 1e15;
  if (!number || !(std::abs(*number) <= kLargest) || *number != std::trunc(*number)) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*number);
}

std::string fault_of_number(const std::string& text, std::int64_t limit) {
  return "label " + text + " is not a class; classes are 0 to " + std::to_string(limit - 1) +
         (text == std::to_string(limit) ? "; are they counted from 1?" : "");
}

}  // namespace

ClassEncoder::ClassEncoder(std::optional<Index> outputs, std::vector<std::string> names)
    : outputs_(outputs), names_(std::move(names)) {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    codes_.emplace(names_[i], static_cast<std::int32_t>(i));
  }
}

std::int32_t ClassEncoder::encode(std::string_view text, const Place& place) {
  if (text.empty()) {
    throw Error(ErrorKind::input, place(), ": an empty cell; every row needs a class");
  }
  const std::string label(text);
  if (const auto known = codes_.find(label); known != codes_.end()) return known->second;
  const std::optional<double> number = parse_double(text);
  const std::optional<std::int64_t> whole = as_whole(number);
  if (!whole && is_missing_mark(text)) {
    throw Error(ErrorKind::input, place(), ": ", in_quotes(text),
                " means a missing value; every row needs a class");
  }
  if (!whole) return encode_name(label, place, number.has_value());
  const std::int32_t code = encode(*whole, place);
  if (code >= 0) indices_.try_emplace(*whole, label);
  return code;
}

std::int32_t ClassEncoder::encode(std::int64_t number, const Place& place) {
  if (!names_.empty()) {
    if (const auto named = codes_.find(std::to_string(number)); named != codes_.end()) {
      return named->second;
    }
  }
  const std::int64_t limit = outputs_.value_or(kMostClasses);
  if (number < 0 || number >= limit) return encode_name(std::to_string(number), place, true);
  ++numbers_;
  if (number > largest_) {
    largest_ = number;
    if (!outputs_) place_of_largest_ = place();
  }
  return static_cast<std::int32_t>(number);
}

std::int32_t ClassEncoder::encode_name(const std::string& text, const Place& place,
                                       bool is_number) {
  if (!names_.empty()) throw_unknown_name(text, place);
  const auto code = static_cast<std::int32_t>(-1 - static_cast<std::int64_t>(unknown_.size()));
  const auto [known, is_new] = codes_.try_emplace(text, code);
  if (is_new) unknown_.push_back({text, place(), is_number});
  return known->second;
}

void ClassEncoder::throw_unknown_name(const std::string& text, const Place& place) const {
  const std::string near = nearest(text, names_);
  throw Error(ErrorKind::input, place(), ": ", in_quotes(text), " is not a class; the ",
              names_.size(), " classes are ", listed_in_quotes(names_),
              near.empty() ? "" : "; did you mean " + in_quotes(near) + "?");
}

void ClassEncoder::share(Group& group) {
  if (group.size() == 1) return;
  const std::vector<std::string> all = group.gather(as_text());
  // As if one process had read all rows: the first one's spelling of a number is kept.
  indices_.clear();
  numbers_ = 0;
  largest_ = -1;
  for (const std::string& text : all) learn(text);
}

/// What has been met, for learn().
std::string ClassEncoder::as_text() const {
  nlohmann::json unknown = nlohmann::json::array();
  for (const auto& [text, place, is_number] : unknown_) unknown.push_back({text, place, is_number});
  return nlohmann::json{{"unknown", unknown},
                        {"indices", indices_},
                        {"numbers", numbers_},
                        {"largest", largest_},
                        {"place", place_of_largest_}}
      .dump();
}

void ClassEncoder::learn(const std::string& text) {
  const nlohmann::json met = nlohmann::json::parse(text);
  for (const auto& label : met["unknown"]) {
    const auto code = static_cast<std::int32_t>(-1 - static_cast<std::int64_t>(unknown_.size()));
    const auto [known, is_new] = codes_.try_emplace(label[0].get<std::string>(), code);
    if (is_new) {
      unknown_.push_back({known->first, label[1].get<std::string>(), label[2].get<bool>()});
    }
  }
  for (const auto& index : met["indices"]) {
    indices_.try_emplace(index[0].get<std::int64_t>(), index[1].get<std::string>());
  }
  numbers_ += met["numbers"].get<Index>();
  if (met["largest"].get<Index>() <= largest_) return;
  largest_ = met["largest"].get<Index>();
  place_of_largest_ = met["place"].get<std::string>();
}

void ClassEncoder::finish(std::vector<std::int32_t>& codes, const std::string& source) {
  if (is_final()) {
    check_largest();
    return;
  }
  check_numbers();
  std::vector<std::string> names;
  for (const Unknown& label : unknown_) names.push_back(label.text);
  for (const auto& [index, text] : indices_) names.push_back(text);
  std::ranges::sort(names);
  check_number_of(names, source);

  std::unordered_map<std::string, std::int32_t> order;
  for (const std::string& name : names) {
    order.emplace(name, static_cast<std::int32_t>(order.size()));
  }
  for (std::int32_t& code : codes) {
    code =
        order.at(code < 0 ? unknown_[static_cast<std::size_t>(-1 - code)].text : indices_.at(code));
  }
  names_ = std::move(names);
  codes_ = std::move(order);
  unknown_.clear();
}

void ClassEncoder::check_final() const {
  if (is_final()) return;
  check_numbers();
  const auto word = std::ranges::find(unknown_, false, &Unknown::is_number);
  throw Error(ErrorKind::input, word->place, ": ", in_quotes(word->text),
              " is a name, and which output it means is not known here; give an --adapter that "
              "keeps its class names, or a file instead of a pipe");
}

/// Numbers that are no indices are names only beside words.
void ClassEncoder::check_numbers() const {
  if (!std::ranges::all_of(unknown_, &Unknown::is_number)) return;
  throw Error(ErrorKind::input, unknown_.front().place, ": ",
              fault_of_number(unknown_.front().text, outputs_.value_or(kMostClasses)));
}

/// A label counts as many outputs as it is large, however small its file: identifiers would fill
/// the memory.
void ClassEncoder::check_largest() const {
  constexpr Index kAlwaysFine = 1000;
  constexpr Index kClassesPerRow = 10;
  if (outputs_ || !names_.empty()) return;
  if (largest_ < std::max(kAlwaysFine, kClassesPerRow * numbers_)) return;
  throw Error(ErrorKind::input, place_of_largest_, ": label ", largest_, " would make ",
              largest_ + 1, " classes of ", numbers_,
              " rows; a label is the index of its class, from 0, not an identifier");
}

void ClassEncoder::check_number_of(const std::vector<std::string>& names,
                                   const std::string& source) const {
  if (!outputs_ || static_cast<Index>(names.size()) == *outputs_) return;
  throw Error(ErrorKind::input, source, ": ", names.size(), " classes (", listed_in_quotes(names),
              "), but the base has ", *outputs_,
              " outputs; labels that are words are sorted, and each needs its output");
}

Index ClassEncoder::classes() const {
  if (outputs_) return *outputs_;
  return names_.empty() ? largest_ + 1 : static_cast<Index>(names_.size());
}

}  // namespace lora
