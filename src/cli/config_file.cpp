#include "config_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

// toml++ 3.3 asserts that a table's header begins like a key, and a moment later has an error
// message for one that does not, such as "[#". The message is what is wanted: without NDEBUG (see
// CMakeLists.txt) its assertions are this, with it the optimiser is told that they hold.
#define TOML_ASSERT(condition) static_cast<void>(0)
#include <toml++/toml.h>

#include "lora/core/error.h"

namespace lora::cli {

namespace {

std::string place_of(const std::string& path, const toml::source_region& source) {
  return path + ":" + std::to_string(source.begin.line) + ":" + std::to_string(source.begin.column);
}

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || (!(text << in.rdbuf()) && errno != 0)) {  // nothing is read from an empty file
    throw Error(ErrorKind::usage, "--config ", path, ": cannot be read (", std::strerror(errno),
                ")");
  }
  return text.str();
}

/// A scalar as it would stand on the command line; several separated by commas.
std::string text_of(const toml::node& node, const std::string& place, const std::string& key) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  std::ostringstream out;
  if (const auto* number = node.as_floating_point()) {
    out << *number;
    return out.str();
  }
  if (const auto* list = node.as_array()) {
    std::string joined;
    for (const toml::node& item : *list) {
      joined += (joined.empty() ? "" : ",") + text_of(item, place, key);
    }
    return joined;
  }
  throw Error(ErrorKind::usage, place, ": '", key, "' is a ",
              node.is_table() ? "section, but options stand at the top level, as in rank = 4"
                              : "date or time, which no option takes");
}

std::vector<std::string> items_of(const toml::node& node, const std::string& place,
                                  const std::string& key) {
  const auto* list = node.as_array();
  if (list == nullptr) return {text_of(node, place, key)};
  std::vector<std::string> items;
  for (const toml::node& item : *list) items.push_back(text_of(item, place, key));
  return items;
}

}  // namespace

std::vector<ConfigEntry> read_config(const std::string& path) {
  errno = 0;
  const std::string text = read_text(path);
  toml::table table;
  try {
    table = toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    throw Error(ErrorKind::usage, place_of(path, error.source()),
                ": not TOML: ", error.description());
  }
  std::vector<ConfigEntry> entries;
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    const std::string place = place_of(path, key.source());
    entries.push_back({place, name, text_of(node, place, name), items_of(node, place, name)});
  }
  return entries;
}

}  // namespace lora::cli
