#include "repeated_command.h"

#include <algorithm>
#include <string_view>

namespace lora::cli {

namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

std::string text_of(const nlohmann::ordered_json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string words_of(const Setting& setting) {
  const nlohmann::ordered_json value = setting.value();
  if (value.is_boolean()) return (value.get<bool>() ? " --" : " --no-") + setting.name;
  std::string words;
  const auto list = value.is_array() ? value : nlohmann::ordered_json::array({value});
  for (const auto& item : list) {
    const std::string text = text_of(item);
    // What begins with a dash would be taken for another option.
    words += " --" + setting.name + (text.starts_with('-') ? "=" : " ") + shell_word(text);
  }
  return words;
}

}  // namespace

std::string shell_word(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += "'\\''";
    } else {
      word += c;
    }
  }
  return word + "'";
}

std::string repeated_command(const Options& options, const std::vector<Setting>& settings) {
  std::string command = "lora-train";
  for (const Setting& setting : settings) {
    const bool given = contains(options.given_on_line, setting.name) ||
                       contains(options.given_in_file, setting.name);
    if (!given || (setting.verbs & kTrain) == 0 || setting.value().is_null()) continue;
    if (std::ranges::count(kAboutOldOutputs, setting.name) > 0) continue;
    command += words_of(setting);
  }
  return command;
}

}  // namespace lora::cli
