// What a user can choose, with its defaults: each option once, as a flag and as a configuration
// key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lora/core/matrix.h"
#include "lora/nn/adapter.h"
#include "lora/optim/optimizer.h"
#include "lora/train/trainer.h"
#include "setting.h"

namespace lora::cli {

/// An absent value depends on the kind of work; resolve() fills it in.
struct Options {
  // problem
  std::optional<Index> in;
  std::optional<Index> out;
  std::optional<Index> samples;
  std::string data;
  std::string target;
  std::optional<std::string> task;
  std::string base;
  std::string val;
  std::string val_target;
  std::optional<double> val_split;

  // adapter
  Index rank = 4;
  std::optional<double> alpha;
  std::optional<std::string> init;
  std::string bias = "none";

  // optimisation
  std::optional<Index> epochs;
  std::optional<Index> max_steps;
  std::optional<Index> batch_size;
  std::optional<bool> shuffle;
  std::string optimizer = "adam";
  double lr = 0.01;
  OptimizerOptions optimizer_options;
  double weight_decay = 0;
  std::optional<std::string> loss;

  // run
  std::int64_t seed = 42;
  Index threads = 0;
  bool json = false;
  bool quiet = false;
  bool verbose = false;

  // output
  std::string save;
  bool overwrite = false;

  bool is_demo() const { return data.empty(); }
};

/// The table of options, bound to `options`: the source of flags, configuration keys, help, and of
/// the resolved configuration that a run prints.
std::vector<Setting> bind(Options& options);

/// Fills in the defaults that depend on the kind of work. Throws Error(usage) for options that do
/// not go together, before anything is read or computed.
void resolve(Options& options);

}  // namespace lora::cli
