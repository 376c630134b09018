#include "memory_need.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <numeric>

#include <spdlog/fmt/fmt.h>

#include "lora/core/error.h"
#include "lora/core/state.h"
#include "lora/core/table.h"
#include "lora/optim/optimizer.h"
#include "lora/train/frozen_cache.h"
#include "lora/train/gram_objective.h"
#include "processes.h"
#include "recipe.h"

namespace lora::cli {

namespace {

constexpr double kBytes = sizeof(Real);

/// Counts the matrices that an optimiser keeps of each parameter.
class MomentCounter : public StateVisitor {
 public:
  void matrix(const std::string& /*name*/, Matrix& value) override {
    count += static_cast<double>(value.size());
  }
  void number(const std::string& /*name*/, double& /*value*/) override {}
  void whole(const std::string& /*name*/, std::int64_t& /*value*/) override {}
  void text(const std::string& /*name*/, std::string& /*value*/) override {}

  double count = 0;
};

double moments_of(const Options& options) {
  Parameter one{Matrix::Zero(1, 1), Matrix::Zero(1, 1)};
  MomentCounter counter;
  find_entry(optimizer_kinds(), "--optimizer", options.optimizer)
      .make(optimizer_options(options), {{{&one}}})
      ->visit_state(counter);
  return counter.count;
}

/// The number behind a key, as in "MemAvailable:   123 kB", or the only one of a file.
std::optional<double> number_in(const char* file, const std::string& key) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t start = line.find_first_of("0123456789", key.size());
    if (start == std::string::npos) return std::nullopt;
    double value = 0;
    const auto result = std::from_chars(line.data() + start, line.data() + line.size(), value);
    if (result.ec == std::errc()) return value;
  }
  return std::nullopt;
}

std::optional<double> smaller(std::optional<double> a, std::optional<double> b) {
  return a && b ? std::min(*a, *b) : a ? a : b;
}

/// Where the system says how much memory a group of processes may have.
struct GroupFiles {
  std::filesystem::path root;
  const char* most;
  const char* used;
  const char* files;  ///< the key, in memory.stat, of what it keeps of files and can give back
};

/// What the limit of one group leaves.
std::optional<double> left_in_group(const std::filesystem::path& group, const GroupFiles& names) {
  const auto most = number_in((group / names.most).c_str(), "");
  const auto used = number_in((group / names.used).c_str(), "");
  if (!most || !used) return std::nullopt;
  const double files = number_in((group / "memory.stat").c_str(), names.files).value_or(0);
  return std::max(0.0, *most - *used + files);
}

/// What the limits of the groups leave that this process is in: a container, a service of systemd,
/// a job of a cluster. A line of the list is "4:memory:/job/7", or "0::/job/7" of version 2.
std::optional<double> left_in_groups() {
  const GroupFiles first{"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
                         "total_inactive_file"};
  const GroupFiles second{"/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"};
  std::optional<double> left;
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t path = line.find('/');
    if (path == std::string::npos) continue;
    const bool is_second = line.starts_with("0::");
    if (!is_second && line.substr(0, path).find("memory") == std::string::npos) continue;
    const GroupFiles& names = is_second ? second : first;
    // From within a container the path may be the one outside: then only the root is there.
    std::filesystem::path group = std::filesystem::path(line.substr(path)).relative_path();
    left = smaller(left, left_in_group(names.root, names));
    for (; !group.empty(); group = group.parent_path()) {
      left = smaller(left, left_in_group(names.root / group, names));
    }
  }
  return left;
}

double stored_bytes(const RunSize& size) {
  double bytes = 0;
  for (const LayerPlan& layer : size.layers) bytes += layer.bytes;
  return bytes;
}

std::size_t lowest_trained(const RunSize& size) {
  const auto layer = std::ranges::find_if(size.layers, &LayerPlan::trains);
  return layer == size.layers.end() ? 0 : static_cast<std::size_t>(layer - size.layers.begin());
}

/// Of each row, of the lowest trained layer: its product, and its input if that is not the row.
Index kept_features(const RunSize& size) {
  const std::size_t lowest = lowest_trained(size);
  const LayerPlan& layer = size.layers[lowest];
  return (lowest > 0 ? layer.in : 0) + (layer.dense ? 0 : layer.out);
}

/// What a step has of each row: of each layer from the lowest trained one on the output and its
/// gradient, and x·Aᵀ and its gradient; above it also the input and its gradient.
double step_features(const RunSize& size) {
  double features = 0;
  const std::size_t lowest = lowest_trained(size);
  for (std::size_t i = lowest; i < size.layers.size(); ++i) {
    const LayerPlan& layer = size.layers[i];
    features +=
        static_cast<double>(2 * layer.out + 2 * layer.rank + (i > lowest ? 2 * layer.in : 0));
  }
  return features;
}

/// Rows of length 1 and their scores, in double; outputs that recall looks at, by three figures.
void add_pairs(const RunSize& size, double out, std::vector<MemoryPart>& parts) {
  const auto pairs = static_cast<double>(size.pairs);
  const auto held_out = static_cast<double>(size.held_out_pairs);
  const double block = std::min(pairs, static_cast<double>(kBlockRows));
  parts.push_back({"comparing pairs",
                   (2 * static_cast<double>(size.batch) * out + 4 * block * pairs) * kBytes,
                   "a smaller --batch-size"});
  parts.push_back({"held-out pairs", 3 * 2 * held_out * out * kBytes, "fewer held-out pairs"});
}

}  // namespace

std::vector<MemoryPart> memory_need(const RunSize& size, const Options& options) {
  const auto rows = static_cast<double>(size.rows);
  const auto in = static_cast<double>(size.layers.front().in);
  const auto out = static_cast<double>(size.layers.back().out);
  const double target = size.labels ? 1 : size.pairs > 0 ? 0 : out;
  double trained = 0;
  for (const LayerPlan& layer : size.layers) trained += layer.trained();
  const std::string fewer_rows = options.is_demo() ? "fewer --samples" : "fewer rows of --data";
  const std::string shape = options.is_demo() ? "a smaller --in or --out" : "a smaller base";

  // Of each row also its number, and its place in the order of an epoch.
  const double with_features = size.maps_features ? target : in + target;
  std::vector<MemoryPart> parts = {
      {"data", rows * (with_features * kBytes + 2 * sizeof(Index)), fewer_rows}};
  if (size.maps_features) {
    parts.push_back({"features, in their file", rows * in * kBytes, fewer_rows, false, true});
  }
  if (size.copies_features) parts.push_back({"scaled features", rows * in * kBytes, fewer_rows});
  if (size.base_is_drawn) {
    parts.push_back({"frozen weight", (in + 1) * out * kBytes, shape});
  } else {
    parts.push_back(
        {"frozen weight, in its file", stored_bytes(size), shape, false, /*in_file=*/true});
  }
  const Index kept = kept_features(size);
  const bool by_sums = options.gram == "on";
  const bool rows_are_used = !by_sums || options.has_validation();
  const bool keeps = rows_are_used && kept > 0 && FrozenCache::keeps(size.rows, kept);
  if (by_sums) {
    const LayerPlan& layer = size.layers.front();
    parts.push_back(
        {"sums over the rows", GramObjective::memory(layer.in, layer.out), "--gram off"});
  }
  if (keeps) {
    parts.push_back({"kept base products", rows * static_cast<double>(kept) * kBytes, fewer_rows});
  }
  parts.push_back(
      {"trained parameters and gradients", 2 * trained * kBytes, "a lower --rank", true});
  parts.push_back({"optimiser", moments_of(options) * trained * kBytes, "a lower --rank", true});
  if (size.keeps_best) parts.push_back({"best epoch", trained * kBytes, "--keep-best none"});
  const double gathered =
      size.gathers ? in + target + (keeps ? static_cast<double>(kept) : out) : 0;
  parts.push_back({"a step",
                   static_cast<double>(size.batch) * (gathered + step_features(size)) * kBytes,
                   "a smaller --batch-size or --rank"});
  if (size.pairs > 0) add_pairs(size, out, parts);
  return parts;
}

double total_of(const std::vector<MemoryPart>& parts) {
  return std::accumulate(parts.begin(), parts.end(), 0.0,
                         [](double sum, const MemoryPart& part) { return sum + part.bytes; });
}

double training_bytes(const std::vector<MemoryPart>& parts) {
  return std::accumulate(parts.begin(), parts.end(), 0.0, [](double sum, const MemoryPart& part) {
    return sum + (part.of_training ? part.bytes : 0);
  });
}

std::optional<double> available_memory() {
  std::optional<double> available = number_in("/proc/meminfo", "MemAvailable:");
  if (available) *available *= 1024;
  return smaller(available, left_in_groups());
}

void check_memory(const std::vector<MemoryPart>& parts) {
  const int sharers = processes_on_host();
  const std::optional<double> all = available_memory();
  const double needed = total_of(parts);
  if (!all || needed <= *all / sharers) return;
  const auto counted = [](const MemoryPart& part) { return part.in_file ? 0 : part.bytes; };
  const MemoryPart& largest = *std::ranges::max_element(parts, {}, counted);
  throw Error(ErrorKind::memory, "this run needs ", bytes_text(needed), " of memory, but only ",
              bytes_text(*all / sharers), " are free",
              sharers > 1 ? " for each of " + std::to_string(sharers) + " processes" : "",
              "; most of it, ", bytes_text(largest.bytes), ", is for: ", largest.what,
              "; less is needed with ", largest.smaller_by);
}

std::string bytes_text(double bytes) {
  constexpr std::array kUnits = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < kUnits.size()) {
    bytes /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{:.0f} bytes", bytes)
                   : fmt::format("{:.1f} {}", bytes, kUnits[unit]);
}

}  // namespace lora::cli
