// What the program can be told to do, and the table of it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "options.h"
#include "setting.h"

namespace lora::cli {

/// What a command line that names no verb means.
inline constexpr std::string_view kDefaultVerb = "train";

struct Verb {
  std::string_view name;
  std::string_view usage;  ///< what follows its name on the command line
  std::string_view help;
  VerbBit bit;
  bool takes_paths;  ///< its arguments need no option in front
  void (*resolve)(Options& options);
  /// Does it, for resolved options, and returns the exit code.
  int (*run)(Options& options, const std::vector<Setting>& settings);
};

std::span<const Verb> verbs();

/// The names of the verbs that have one of these bits, in the order of the table.
std::vector<std::string> names_of_verbs(unsigned bits);

}  // namespace lora::cli
