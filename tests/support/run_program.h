// Running lora-train as a user does: through a shell, in a directory.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <vector>

#include "support/catch.h"
#include "support/temporary_directory.h"

namespace lora::test {

/// What lora-train can be told to do.
inline constexpr const char* kCommands[] = {"train",   "eval", "predict", "merge",
                                            "extract", "plan", "inspect", "compare"};

struct ProgramResult {
  int exit_code;  ///< or minus the signal that ended it
  std::string out;
  std::string err;
};

/// Runs `lora-train ARGUMENTS` (shell words) in `directory`, without a terminal; standard input is
/// the file `input`.
inline ProgramResult run_lora_train(const std::filesystem::path& directory,
                                    const std::string& arguments,
                                    const std::string& input = "/dev/null") {
  const TemporaryDirectory streams;
  const std::string out = (streams.path() / "out").string();
  const std::string err = (streams.path() / "err").string();
  const std::string command = "cd '" + directory.string() + "' && " LORA_BINARY_DIR "/lora-train " +
                              arguments + " >" + out + " 2>" + err + " <" + input;
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), read_file(out),
          read_file(err)};
}

/// The lines of a text, without their ends.
inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// run_lora_train(), which must end with code 0.
inline ProgramResult run(const TemporaryDirectory& directory, const std::string& arguments) {
  ProgramResult result = run_lora_train(directory.path(), arguments);
  CAPTURE(arguments, result.err);
  REQUIRE(result.exit_code == 0);
  return result;
}

/// Checks that run_lora_train() ends with that code, and says these words on stderr.
inline void check_refused(const TemporaryDirectory& directory, const std::string& arguments,
                          int code, const std::vector<std::string>& words) {
  const ProgramResult result = run_lora_train(directory.path(), arguments);
  CAPTURE(arguments, result.err);
  CHECK(result.exit_code == code);
  for (const std::string& word : words) {
    CAPTURE(word);
    CHECK(result.err.find(word) != std::string::npos);
  }
}

/// Every file below `directory` with its content, to see what a program changed.
inline std::map<std::string, std::string> files_below(const std::filesystem::path& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    files[entry.path().string()] = entry.is_regular_file() ? read_file(entry.path()) : "";
  }
  return files;
}

}  // namespace lora::test
