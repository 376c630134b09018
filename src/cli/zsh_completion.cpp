#include "zsh_completion.h"

#include "lora/core/table.h"
#include "verbs.h"

namespace lora::cli {

namespace {

using Value = ShellOption::Value;

constexpr const char* kStart = R"(#compdef lora-train
# Completes lora-train in zsh; made by: lora-train --completion zsh

# _lora_train_option VERBS SPECIFICATION: an option of these commands, as _arguments takes it.
_lora_train_option() {
  if [[ " $1 " == *" $verb "* ]]; then arguments+=("$2"); fi
}

_lora_train() {
  local verb=train
  local -a verbs arguments
  verbs=(
)";

constexpr const char* kVerb = R"(  )
  if (( CURRENT == 2 )) && [[ $PREFIX != -* ]]; then
    _describe command verbs
    return
  fi
  case $words[2] in
)";

constexpr const char* kOptions = R"(      verb=$words[2]
      shift words
      (( CURRENT-- ))
      ;;
  esac
)";

constexpr const char* kEnd = R"(  _arguments $arguments
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _lora_train "$@"
else
  compdef _lora_train lora-train
fi
)";

/// One word of a zsh script.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char letter : text) {
    if (letter == '\'') {
      result += R"('\'')";
    } else {
      result += letter;
    }
  }
  return result + "'";
}

/// ":N: ", ":FILE:_files": how a value is called, and what there is for it.
std::string value_of(const ShellOption& option) {
  const std::string message = ":" + escaped(option.value_name, ":\\") + ":";
  switch (option.value) {
    case Value::none:
      return "";
    case Value::unknown:
      return message + " ";
    case Value::choice:
      return message + "(" + spaced(option.choices) + ")";
    case Value::file:
      return message + "_files";
    case Value::directory:
      return message + "_files -/";
  }
  return "";
}

/// What _arguments calls a specification: for one of the option's names.
std::string specification(const ShellOption& option, const std::string& name,
                          const std::vector<std::string>& all_names) {
  std::string text;
  if (option.repeats) {
    text = "*";
  } else if (all_names.size() > 1) {
    text = "(" + spaced(all_names) + ")";
  }
  text += name;
  if (option.value != Value::none) text += "=";
  const std::string negated = name == option.negation ? "not: " : "";
  return text + "[" + escaped(negated + option.help, "[]\\") + "]" + value_of(option);
}

std::string lines_of(const ShellOption& option) {
  std::vector<std::string> names = option.names;
  if (!option.negation.empty()) names.push_back(option.negation);
  std::string text;
  for (const std::string& name : names) {
    text += "  _lora_train_option " + quoted(spaced(option.verbs)) + " " +
            quoted(specification(option, name, names)) + "\n";
  }
  return text;
}

}  // namespace

std::string zsh_completion(const std::vector<ShellOption>& options) {
  std::string described;
  std::string pattern;
  std::string arguments;
  for (const Verb& verb : verbs()) {
    const std::string name(verb.name);
    described += "    " + quoted(name + ":" + std::string(verb.help)) + "\n";
    pattern += (pattern.empty() ? "" : "|") + name;
    if (verb.takes_paths) arguments += "  _lora_train_option " + name + " '*:PATH:_files'\n";
  }
  for (const ShellOption& option : options) arguments += lines_of(option);
  return kStart + described + kVerb + "    (" + pattern + ")\n" + kOptions + arguments + kEnd;
}

}  // namespace lora::cli
