#include "bash_completion.h"

#include <algorithm>

#include "lora/core/table.h"
#include "verbs.h"

namespace lora::cli {

namespace {

using Value = ShellOption::Value;

constexpr const char* kStart =
    R"(# Completes lora-train in bash; made by: lora-train --completion bash

# The files, or with -d the directories, that begin like the word.
_lora_train_paths() {
  mapfile -t COMPREPLY < <(compgen "$1" -- "$word")
  compopt -o filenames 2>/dev/null
}

# Those of the names that begin like the word.
_lora_train_names() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$word"); }

_lora_train() {
  local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]}
  local verb=train options others
  COMPREPLY=()
  if [[ $word == = ]]; then # bash takes --option=value apart
    word=
  elif [[ $option == = ]]; then
    option=${COMP_WORDS[COMP_CWORD - 2]}
  fi
)";

constexpr const char* kEnd = R"(
  if [[ $word != -* ]] && ((COMP_CWORD == 1)); then
    _lora_train_names "$verbs"
    return
  fi
  if [[ $word != -* && " $with_paths " == *" $verb "* ]]; then
    _lora_train_paths -f
    return
  fi
  _lora_train_names "$options"
  ((${#COMPREPLY[@]} > 0)) || _lora_train_names "$others"
}

complete -F _lora_train lora-train
)";

/// "    --lr | --rank) ACTION ;;"; nothing if there are no names.
std::string branch(const std::vector<std::string>& names, const std::string& action) {
  std::string pattern;
  for (const std::string& name : names) pattern += (pattern.empty() ? "" : " | ") + name;
  return names.empty() ? "" : "    " + pattern + ")\n      " + action + "\n      ;;\n";
}

/// All names of the options whose values are of a kind.
std::vector<std::string> names_with(Value value, const std::vector<ShellOption>& options) {
  std::vector<std::string> names;
  for (const ShellOption& option : options) {
    if (option.value == value) names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names;
}

std::string values(const std::vector<ShellOption>& options) {
  std::string text = "\n  case $option in\n";
  text += branch(names_with(Value::file, options), "_lora_train_paths -f\n      return");
  text += branch(names_with(Value::directory, options), "_lora_train_paths -d\n      return");
  text += branch(names_with(Value::unknown, options), "return");
  for (const ShellOption& option : options) {
    if (option.value != Value::choice) continue;
    text +=
        branch(option.names, "_lora_train_names '" + spaced(option.choices) + "'\n      return");
  }
  return text + "  esac\n";
}

/// The usual names first; aliases and negations are offered where none of those fits.
std::string names_of_verb(const Verb& verb, const std::vector<ShellOption>& options) {
  std::vector<std::string> usual;
  std::vector<std::string> others;
  for (const ShellOption& option : options) {
    if (std::ranges::find(option.verbs, verb.name) == option.verbs.end()) continue;
    usual.push_back(option.names.front());
    others.insert(others.end(), option.names.begin() + 1, option.names.end());
    if (!option.negation.empty()) others.push_back(option.negation);
  }
  return branch({std::string(verb.name)},
                "options='" + spaced(usual) + "'\n      others='" + spaced(others) + "'");
}

}  // namespace

std::string bash_completion(const std::vector<ShellOption>& options) {
  const std::vector<std::string> all = names_of(verbs());
  std::vector<std::string> with_paths;
  std::string options_of_verbs = "\n  case $verb in\n";
  for (const Verb& verb : verbs()) {
    if (verb.takes_paths) with_paths.emplace_back(verb.name);
    options_of_verbs += names_of_verb(verb, options);
  }
  options_of_verbs += "  esac\n";
  return std::string(kStart) + "  local verbs='" + spaced(all) + "' with_paths='" +
         spaced(with_paths) + "'\n  [[ \" $verbs \" == *\" ${COMP_WORDS[1]} \"* ]] && " +
         "verb=${COMP_WORDS[1]}\n" + values(options) + options_of_verbs + kEnd;
}

}  // namespace lora::cli
