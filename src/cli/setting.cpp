#include "setting.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include "lora/core/error.h"

namespace lora::cli {

namespace {

[[noreturn]] void refuse(const std::string& name, const std::string& text,
                         const std::string& what) {
  throw Error(ErrorKind::usage, "--", name, " '", text, "': it must be ", what);
}

std::string shortest(double value) {
  std::string text(32, '\0');
  const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
  text.resize(static_cast<std::size_t>(result.ptr - text.data()));
  return text;
}

/// The number that all of `text` spells, after an optional plus; nothing if it does not, or does
/// not fit.
template <class Number>
std::optional<Number> parse_all(const std::string& text) {
  const std::size_t start = text.starts_with('+') ? 1 : 0;
  Number number{};
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data() + start, end, number);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return number;
}

std::string described(WholeRange range) {
  if (range.most == std::numeric_limits<std::int64_t>::max()) {
    return "a whole number of at least " + std::to_string(range.least);
  }
  return "a whole number from " + std::to_string(range.least) + " to " + std::to_string(range.most);
}

std::string described(RealRange range) {
  std::string least =
      (range.without_least ? "a number above " : "a number of at least ") + shortest(range.least);
  if (std::isinf(range.most)) return least;
  return least + (range.without_most ? " and below " : " and at most ") + shortest(range.most);
}

}  // namespace

bool only_watches(const Setting& setting) {
  constexpr std::array<std::string_view, 7> kWatching = {
      "json", "quiet", "verbose", "log-every", "progress", "profile", "require"};
  return setting.group == kOutputGroup ||
         std::ranges::find(kWatching, setting.name) != kWatching.end();
}

std::int64_t parse_whole(const std::string& name, const std::string& text, WholeRange range) {
  const std::optional<std::int64_t> number = parse_all<std::int64_t>(text);
  if (!number || *number < range.least || *number > range.most) {
    refuse(name, text, described(range));
  }
  return *number;
}

double parse_real(const std::string& name, const std::string& text, RealRange range) {
  const std::optional<double> number = parse_all<double>(text);
  const bool fits = number && std::isfinite(*number) &&
                    (range.without_least ? *number > range.least : *number >= range.least) &&
                    (range.without_most ? *number < range.most : *number <= range.most);
  if (!fits) refuse(name, text, described(range));
  return *number;
}

bool parse_switch(const std::string& name, const std::string& text) {
  if (text != "true" && text != "false") refuse(name, text, "true or false");
  return text == "true";
}

std::int64_t parse_seed(const std::string& name, const std::string& text) {
  if (const auto number = parse_all<std::int64_t>(text)) return *number;
  if (const auto number = parse_all<std::uint64_t>(text)) {
    return static_cast<std::int64_t>(*number);
  }
  refuse(name, text, "a whole number from -2^63 to 2^64-1");
}

}  // namespace lora::cli
