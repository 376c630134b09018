// Running another program from a test.
#pragma once

#include <cstdio>
#include <stdexcept>
#include <string>

namespace lora::test {

/// What `command` prints on stdout. Throws if it cannot be run or fails.
inline std::string output_of(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  std::string output;
  char part[4096];
  for (std::size_t n = 0; (n = std::fread(part, 1, sizeof part, pipe)) > 0;) output.append(part, n);
  if (pclose(pipe) != 0) throw std::runtime_error(command + " failed");
  return output;
}

/// The first line in which two texts differ; empty if they are the same.
inline std::string first_difference(const std::string& a, const std::string& b) {
  if (a == b) return {};
  std::size_t start = 0;
  for (std::size_t i = 0; i < a.size() && i < b.size() && a[i] == b[i]; ++i) {
    if (a[i] == '\n') start = i + 1;
  }
  return a.substr(start, a.find('\n', start) - start) + " | " +
         b.substr(start, b.find('\n', start) - start);
}

}  // namespace lora::test
