#include "help.h"

#include <cstddef>
#include <string_view>

#include "lora/core/table.h"
#include "verbs.h"

namespace lora::cli {

namespace {

constexpr std::size_t kWidth = 96;
constexpr std::size_t kTextColumn = 26;

constexpr std::string_view kEnd =
    "\nResults go to stdout, everything else to stderr. Each option is also a key of --config "
    "FILE,\n"
    "where a switch is written as  shuffle = true.\n\n"
    "Exit codes: 0 done, 1 a fault of the program, 2 usage, 3 input, 4 training went wrong,\n"
    "5 a --require did not hold, 6 output, 7 memory, 130 interrupted.\n";

/// `text` in lines of kWidth, all but the first indented.
std::string wrapped(const std::string& text) {
  std::string result;
  std::size_t column = kTextColumn;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find(' ', start), text.size());
    if (column > kTextColumn && column + 1 + (end - start) > kWidth) {
      result += "\n" + std::string(kTextColumn, ' ');
      column = kTextColumn;
    } else if (column > kTextColumn) {
      result += ' ';
      ++column;
    }
    result += text.substr(start, end - start);
    column += end - start;
    start = end + 1;
  }
  return result + "\n";
}

/// Names on the left, help on the right; below them if the names are long.
std::string entry(const std::string& names, const std::string& help) {
  std::string left = "  " + names;
  if (left.size() + 2 > kTextColumn) {
    left += "\n" + std::string(kTextColumn, ' ');
  } else {
    left.resize(kTextColumn, ' ');
  }
  return left + wrapped(help);
}

std::string names_of(const Setting& setting) {
  std::string names = "--" + setting.name;
  if (setting.is_switch()) names += ", --no-" + setting.name;
  if (!setting.value_name.empty()) names += " " + setting.value_name;
  return names;
}

std::string help_of(const Setting& setting) {
  std::string help = setting.help;
  const nlohmann::ordered_json value = setting.value();
  if (!setting.is_switch() && !value.is_null()) {
    help += " [" + (value.is_string() ? value.get<std::string>() : value.dump()) + "]";
  }
  for (const std::string& alias : setting.aliases) help += "; also --" + alias;
  return help;
}

std::string general_usage() {
  std::string text =
      "lora-train trains low-rank adapters for frozen weights, on a CPU.\n\n"
      "Usage: lora-train [COMMAND] [OPTION…]\n"
      "       lora-train --in 64 --out 10 --rank 4 --epochs 10     (the demo, on random data)\n"
      "       lora-train COMMAND --help                            (only that command's "
      "options)\n\n"
      "Commands\n";
  for (const Verb& verb : verbs()) text += entry(std::string(verb.name), std::string(verb.help));
  return text;
}

std::string meta_names(const MetaOption& option) {
  std::string names = option.names;
  if (const std::size_t comma = names.find(','); comma != std::string::npos) {
    names.insert(comma + 1, " ");
  }
  return option.value_name.empty() ? names : names + " " + option.value_name;
}

}  // namespace

const std::vector<MetaOption>& meta_options() {
  static const std::vector<MetaOption> options = {
      {"--config", "FILE", "read options from a TOML file; those on the command line win"},
      {"--print-config", "", "print the resolved options as such a file, and stop"},
      {"-h,--help", "", "print this help, and stop"},
      {"--version", "", "print the version, and stop"},
  };
  return options;
}

std::string help_text(const std::vector<Setting>& settings, const std::string& verb) {
  unsigned wanted = kEveryVerb;
  std::string text;
  if (verb.empty()) {
    text = general_usage();
  } else {
    const Verb& named = find_entry(verbs(), "command", verb);
    wanted = named.bit;
    text = "lora-train " + verb + ": " + std::string(named.help) + ".\n\nUsage: lora-train " +
           verb + " " + std::string(named.usage) + "\n";
  }
  std::string group;
  for (const Setting& setting : settings) {
    if ((setting.verbs & wanted) == 0) continue;
    if (setting.group != group) text += "\n" + setting.group + "\n";
    group = setting.group;
    text += entry(names_of(setting), help_of(setting));
  }
  text += "\nAbout\n";
  for (const MetaOption& option : meta_options()) text += entry(meta_names(option), option.help);
  return text + std::string(kEnd);
}

}  // namespace lora::cli
