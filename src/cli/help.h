// The text of --help, from the tables of options and verbs.
#pragma once

#include <string>
#include <vector>

#include "setting.h"

namespace lora::cli {

/// Options that are not settings of a run: --config, --print-config, --help, --version.
struct MetaOption {
  std::string names;  ///< as CLI11 takes them: "-h,--help"
  std::string value_name;
  std::string help;
};

const std::vector<MetaOption>& meta_options();

/// What the program does, its commands, every option with its default, and the exit codes; for a
/// named verb only what belongs to it.
std::string help_text(const std::vector<Setting>& settings, const std::string& verb);

}  // namespace lora::cli
