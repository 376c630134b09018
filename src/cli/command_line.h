// From argv to a verb and its options.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "options.h"
#include "setting.h"

namespace lora::cli {

/// What a command line asks for.
struct CommandLine {
  enum class Action { run, print_config, print_text };

  Action action = Action::run;
  std::string verb;
  std::vector<std::string> paths;  ///< arguments that are no options, for a verb that takes them
  std::vector<std::string> given;  ///< the options that it names
  std::vector<std::string> given_in_file;  ///< those that only the file of --config does
  std::string text;                        ///< to be printed on stdout: of --help and its like
};

/// Reads argv, and the file of --config below it, into `settings`. Throws Error(usage) with one
/// sentence that names the culprit and the nearest right one.
CommandLine parse_command_line(int argc, const char* const* argv, std::vector<Setting>& settings);

/// The present values of what these verbs use, in the form that --config reads.
std::string as_toml(const std::vector<Setting>& settings, unsigned verbs);

/// The same as one JSON object.
nlohmann::ordered_json as_json(const std::vector<Setting>& settings, unsigned verbs);

}  // namespace lora::cli
