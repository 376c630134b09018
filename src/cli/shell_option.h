// An option as it is seen by a shell that completes command lines.
#pragma once

#include <string>
#include <vector>

#include "setting.h"

namespace lora::cli {

struct ShellOption {
  /// What a shell offers behind the option.
  enum class Value {
    none,       ///< a switch, which takes no value
    unknown,    ///< a number, a list: nothing
    choice,     ///< one of `choices`
    file,       ///< any file
    directory,  ///< directories only
  };

  std::vector<std::string> names;  ///< "--lr", "--learning-rate": the first is the usual one
  std::string negation;            ///< "--no-shuffle"; empty if there is none
  Value value = Value::none;
  std::string value_name;  ///< "N", "FILE"
  std::vector<std::string> choices;
  std::string help;
  std::vector<std::string> verbs;  ///< that use it
  bool repeats = false;            ///< may be given several times
};

/// Every option of the command line, --help and its like at the end.
std::vector<ShellOption> shell_options(const std::vector<Setting>& settings);

/// "a b c".
std::string spaced(const std::vector<std::string>& words);

/// `text` with a backslash before each of these characters.
std::string escaped(const std::string& text, const std::string& characters);

}  // namespace lora::cli
