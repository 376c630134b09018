#include "fish_completion.h"

#include "lora/core/table.h"
#include "verbs.h"

namespace lora::cli {

namespace {

using Value = ShellOption::Value;

constexpr const char* kStart =
    R"(# Completes lora-train in fish; made by: lora-train --completion fish

# Whether the command of the line, train if none is named, is one of these.
function __lora_train_does
    set -l words (commandline -opc)
    set -l verb train
    if contains -- "$words[2]" )";

constexpr const char* kVerbs = R"(
        set verb $words[2]
    end
    contains -- $verb $argv
end

# Whether no word follows the program's name yet.
function __lora_train_begins
    test (count (commandline -opc)) -eq 1
end

complete -c lora-train -f
)";

/// One word of a fish script.
std::string quoted(const std::string& text) {
  return "'" + escaped(text, "\\'") + "'";
}

/// What there is for a value, as arguments of complete.
std::string value_of(const ShellOption& option) {
  switch (option.value) {
    case Value::none:
      return "";
    case Value::unknown:
      return " -x";
    case Value::choice:
      return " -x -a " + quoted(spaced(option.choices));
    case Value::file:
      return " -r -F";
    case Value::directory:
      return " -x -a '(__fish_complete_directories)'";
  }
  return "";
}

std::string line_of(const ShellOption& option, const std::string& name, const std::string& help) {
  const bool is_long = name.starts_with("--");
  return "complete -c lora-train -n " + quoted("__lora_train_does " + spaced(option.verbs)) +
         (is_long ? " -l " + name.substr(2) : " -s " + name.substr(1)) + value_of(option) + " -d " +
         quoted(help) + "\n";
}

}  // namespace

std::string fish_completion(const std::vector<ShellOption>& options) {
  std::string text = kStart + spaced(names_of(verbs())) + kVerbs;
  for (const Verb& verb : verbs()) {
    text += "complete -c lora-train -n __lora_train_begins -a " + std::string(verb.name) + " -d " +
            quoted(std::string(verb.help)) + "\n";
    if (verb.takes_paths) {
      text += "complete -c lora-train -n " + quoted("__lora_train_does " + std::string(verb.name)) +
              " -F\n";
    }
  }
  for (const ShellOption& option : options) {
    for (const std::string& name : option.names) text += line_of(option, name, option.help);
    if (!option.negation.empty()) text += line_of(option, option.negation, "not: " + option.help);
  }
  return text;
}

}  // namespace lora::cli
