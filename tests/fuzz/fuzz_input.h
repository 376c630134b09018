// What the fuzzers share: their input as a file, and reading that may refuse it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <unistd.h>

#include "lora/core/error.h"

namespace lora::fuzz {

/// A directory for this process alone, in memory where there is a place for that.
class InputDirectory {
 public:
  InputDirectory() {
    const std::filesystem::path memory = "/dev/shm";
    const auto place =
        std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    path_ = place / ("lora-fuzz-" + std::to_string(getpid()));
    std::filesystem::create_directories(path_);
  }
  ~InputDirectory() {
    std::error_code unwanted;
    std::filesystem::remove_all(path_, unwanted);
  }
  InputDirectory(const InputDirectory&) = delete;
  InputDirectory& operator=(const InputDirectory&) = delete;
  InputDirectory(InputDirectory&&) = delete;
  InputDirectory& operator=(InputDirectory&&) = delete;

  const std::string& path() const { return path_; }

  /// Writes a file, in place of the one of the last input; its path.
  std::string write(const std::string& name, const std::uint8_t* data, std::size_t size) const {
    std::string path = path_ + "/" + name;
    std::FILE* file = std::fopen(path.c_str(), "wb");
    if (file == nullptr || (size > 0 && std::fwrite(data, size, 1, file) != 1)) {
      throw std::runtime_error("cannot write " + path);
    }
    std::fclose(file);
    return path;
  }

 private:
  std::string path_;
};

/// An input is read, or refused with a sentence that says something; all else is a fault.
template <class Read>
int read_or_refuse(const Read& read) {
  try {
    read();
  } catch (const Error& refusal) {
    if (std::string(refusal.what()).size() < 10) std::abort();
  }
  return 0;
}

}  // namespace lora::fuzz
