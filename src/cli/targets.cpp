#include "targets.h"

#include <algorithm>
#include <fnmatch.h>
#include <iterator>
#include <utility>

#include "lora/core/error.h"
#include "lora/core/nearest.h"
#include "lora/core/regex.h"
#include "lora/core/table.h"
#include "lora/core/text.h"
#include "setting.h"

namespace lora::cli {

namespace {

[[noreturn]] void refuse(const std::string& option, const std::string& pattern,
                         const std::vector<std::string>& layers) {
  const std::string near = nearest(pattern, layers);
  throw Error(ErrorKind::usage, "--", option, " '", pattern, "' fits no ",
              option == "targets" ? "layer" : "adapted layer", "; ",
              near.empty() ? "the layers are: " + joined(layers) : "is '" + near + "' meant?");
}

/// "REGEX=VALUE" at its last equals sign.
std::pair<std::string, std::string> parts_of(const std::string& option, const std::string& text) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string::npos || equals == 0) {
    throw Error(ErrorKind::usage, "--", option, " '", text,
                "': it must be a regular expression and a value, as in 'head=8'");
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

void check_fits(const std::string& option, const std::string& key,
                const std::vector<std::string>& layers) {
  bool fits = false;
  try {
    fits = std::ranges::any_of(layers, [&](const auto& path) { return pattern_fits(key, path); });
  } catch (const Error& error) {
    throw Error(ErrorKind::usage, "--", option, ": ", error.what());
  }
  if (!fits) refuse(option, key, layers);
}

bool regex_fits(const std::string& target, const std::string& path) {
  try {
    return fits_regex(target, path);
  } catch (const Error&) {
    return false;  // a glob
  }
}

}  // namespace

bool target_fits(const std::string& target, const std::string& path) {
  return target == "all-linear" || target == path || path.ends_with("." + target) ||
         fnmatch(target.c_str(), path.c_str(), 0) == 0 || regex_fits(target, path);
}

std::vector<std::string> targeted_layers(const Options& options,
                                         const std::vector<std::string>& layers) {
  if (options.targets.empty()) return layers;
  const std::vector<std::string> targets = split(options.targets, ',');
  for (const std::string& target : targets) {
    const bool fits =
        std::ranges::any_of(layers, [&](const auto& path) { return target_fits(target, path); });
    if (!fits) refuse("targets", target, layers);
  }
  std::vector<std::string> targeted;
  std::ranges::copy_if(layers, std::back_inserter(targeted), [&](const std::string& path) {
    return std::ranges::any_of(targets,
                               [&](const auto& target) { return target_fits(target, path); });
  });
  return targeted;
}

PeftConfig adapter_config(const Options& options, const std::vector<std::string>& layers) {
  PeftConfig config;
  config.rank = options.rank.value_or(config.rank);
  config.alpha = options.alpha.value_or(config.alpha);
  config.dora = options.dora;
  config.rslora = options.rslora;
  config.fan_in_fan_out = options.fan_in_fan_out;
  for (const std::string& text : options.rank_pattern) {
    auto [key, value] = parts_of("rank-pattern", text);
    check_fits("rank-pattern", key, layers);
    config.rank_pattern.emplace_back(std::move(key), parse_whole("rank-pattern", value, {1}));
  }
  for (const std::string& text : options.alpha_pattern) {
    auto [key, value] = parts_of("alpha-pattern", text);
    check_fits("alpha-pattern", key, layers);
    const RealRange above_zero{0, std::numeric_limits<double>::infinity(), true, false};
    config.alpha_pattern.emplace_back(std::move(key),
                                      parse_real("alpha-pattern", value, above_zero));
  }
  return config;
}

}  // namespace lora::cli
