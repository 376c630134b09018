#include "help.h"

#include <array>
#include <cstddef>

#include "completions.h"
#include "exit_code.h"
#include "lora/core/table.h"
#include "verbs.h"

namespace lora::cli {

namespace {

constexpr std::size_t kWidth = 96;
constexpr std::size_t kTextColumn = 26;

constexpr std::string_view kEnd =
    "\nResults go to stdout, everything else to stderr. Each option is also a key of --config "
    "FILE,\n"
    "where a switch is written as  shuffle = true.\n\n";

constexpr std::array kExitMeanings = {
    ExitMeaning{kDone, "done"},
    ExitMeaning{kFault, "a fault of the program"},
    ExitMeaning{kUsage, "wrong usage or configuration"},
    ExitMeaning{kInput, "an input file or its data is wrong"},
    ExitMeaning{kTraining, "training went wrong"},
    ExitMeaning{kRequirement, "a --require did not hold"},
    ExitMeaning{kOutput, "an output could not be written"},
    ExitMeaning{kMemory, "not enough memory"},
    ExitMeaning{kInterrupted, "interrupted"},
};

/// `text` in lines of kWidth, all but the first indented by `indent`.
std::string wrapped(const std::string& text, std::size_t indent) {
  std::string result;
  std::size_t column = indent;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find(' ', start), text.size());
    if (column > indent && column + 1 + (end - start) > kWidth) {
      result += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
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
  return left + wrapped(help, kTextColumn);
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

std::string exit_codes() {
  std::string text = "Exit codes:";
  for (const ExitMeaning& exit : exit_meanings()) {
    text += (exit.code == kDone ? " " : ", ") + std::to_string(exit.code) + " ";
    text += exit.meaning;
  }
  return wrapped(text + ".", 0);
}

}  // namespace

std::string usage_of(const Setting& setting) {
  std::string names = "--" + setting.name;
  if (setting.is_switch()) names += ", --no-" + setting.name;
  if (!setting.value_name.empty()) names += " " + setting.value_name;
  return names;
}

std::string usage_of(const MetaOption& option) {
  std::string names = option.names;
  if (const std::size_t comma = names.find(','); comma != std::string::npos) {
    names.insert(comma + 1, " ");
  }
  return option.value_name.empty() ? names : names + " " + option.value_name;
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

std::span<const ExitMeaning> exit_meanings() {
  return kExitMeanings;
}

const std::vector<MetaOption>& meta_options() {
  static const std::vector<MetaOption> options = {
      {"--config", "FILE", "read options from a TOML file; those on the command line win"},
      {"--print-config", "", "print the resolved options as such a file, and stop"},
      {"-h,--help", "", "print this help, and stop"},
      {"--version", "", "print the version, and stop"},
      {"--man", "", "print the manual page, and stop"},
      {"--completion", "SHELL",
       "print completions for a shell, and stop: " + joined(names_of(shells())),
       names_of(shells())},
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
    text += entry(usage_of(setting), help_of(setting));
  }
  text += "\nAbout\n";
  for (const MetaOption& option : meta_options()) text += entry(usage_of(option), option.help);
  return text + std::string(kEnd) + exit_codes();
}

}  // namespace lora::cli
