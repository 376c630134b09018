// The TOML file of --config.
#pragma once

#include <string>
#include <vector>

namespace lora::cli {

struct ConfigEntry {
  std::string place;  ///< "run.toml:3:1"
  std::string key;
  std::string text;                ///< the value as it would stand on the command line
  std::vector<std::string> items;  ///< of a list, else the text alone
};

/// The keys of the file, in its order. Throws Error(usage) for what is not TOML, and for sections
/// and values that no option can take.
std::vector<ConfigEntry> read_config(const std::string& path);

}  // namespace lora::cli
