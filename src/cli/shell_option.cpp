#include "shell_option.h"

#include <algorithm>

#include "help.h"
#include "lora/core/text.h"
#include "verbs.h"

namespace lora::cli {

namespace {

ShellOption::Value kind_of(const std::string& value_name, bool has_choices) {
  const auto says = [&](const char* word) { return value_name.find(word) != std::string::npos; };
  if (value_name.empty()) return ShellOption::Value::none;
  if (has_choices) return ShellOption::Value::choice;
  if (says("DIR")) return ShellOption::Value::directory;
  if (says("FILE") || says("PATH")) return ShellOption::Value::file;
  return ShellOption::Value::unknown;
}

ShellOption shell_option(const Setting& setting) {
  ShellOption option;
  option.names.push_back("--" + setting.name);
  for (const std::string& alias : setting.aliases) option.names.push_back("--" + alias);
  if (setting.is_switch()) option.negation = "--no-" + setting.name;
  option.value = kind_of(setting.value_name, !setting.choices.empty());
  option.value_name = setting.value_name;
  option.choices = setting.choices;
  option.help = setting.help;
  option.verbs = names_of_verbs(setting.verbs);
  option.repeats = setting.repeats;
  return option;
}

ShellOption shell_option(const MetaOption& meta) {
  ShellOption option;
  option.names = split(meta.names, ',');
  std::ranges::reverse(option.names);  // "-h,--help": the long name is the usual one
  option.value = kind_of(meta.value_name, !meta.choices.empty());
  option.value_name = meta.value_name;
  option.choices = meta.choices;
  option.help = meta.help;
  option.verbs = names_of_verbs(kEveryVerb);
  return option;
}

}  // namespace

std::vector<ShellOption> shell_options(const std::vector<Setting>& settings) {
  std::vector<ShellOption> options;
  options.reserve(settings.size() + meta_options().size());
  for (const Setting& setting : settings) options.push_back(shell_option(setting));
  for (const MetaOption& meta : meta_options()) options.push_back(shell_option(meta));
  return options;
}

std::string spaced(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string escaped(const std::string& text, const std::string& characters) {
  std::string result;
  for (const char letter : text) {
    if (characters.find(letter) != std::string::npos) result += '\\';
    result += letter;
  }
  return result;
}

}  // namespace lora::cli
