// The text of --help, from the tables of options and verbs.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "setting.h"

namespace lora::cli {

/// Options that are not settings of a run: --config, --help, --version and their like.
struct MetaOption {
  std::string names;  ///< as CLI11 takes them: "-h,--help"
  std::string value_name;
  std::string help;
  std::vector<std::string> choices = {};  ///< names that its value may be
};

const std::vector<MetaOption>& meta_options();

/// "--lr X", "--shuffle, --no-shuffle": how an option is written.
std::string usage_of(const Setting& setting);
std::string usage_of(const MetaOption& option);

/// What an option is for, its default and its other names.
std::string help_of(const Setting& setting);

/// What an exit code means, for a reader who knows the program.
struct ExitMeaning {
  int code;
  std::string_view meaning;
};

std::span<const ExitMeaning> exit_meanings();

/// What the program does, its commands, every option with its default, and the exit codes; for a
/// named verb only what belongs to it.
std::string help_text(const std::vector<Setting>& settings, const std::string& verb);

}  // namespace lora::cli
