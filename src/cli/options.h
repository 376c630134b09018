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

/// An absent value depends on the kind of work; the resolve functions fill it in.
struct Options {
  // problem
  std::optional<Index> in;
  std::optional<Index> out;
  std::optional<Index> samples;
  std::string data;
  std::string target;
  std::string pairs;
  std::string keep_columns;
  std::string weight_column;
  std::optional<std::string> task;
  std::string base;
  bool fan_in_fan_out = false;
  std::string activation;
  std::string val;
  std::string val_target;
  std::optional<double> val_split;
  bool standardize = false;

  // adapter
  std::vector<std::string> adapters;
  std::string adapter;  ///< the only one of them, for all verbs but merge
  std::string adapter_weights;
  bool unmerge = false;
  std::string tuned;
  std::optional<double> share;
  std::optional<Index> rank;
  std::optional<double> alpha;
  std::optional<std::string> init;
  bool rslora = false;
  bool dora = false;
  double dropout = 0;
  std::string method = "lora";
  std::optional<std::string> bias;
  std::string targets;
  std::vector<std::string> rank_pattern;
  std::vector<std::string> alpha_pattern;

  // optimisation
  std::optional<Index> epochs;
  std::optional<Index> max_steps;
  std::optional<Index> batch_size;
  std::optional<bool> shuffle;
  Index accumulate = 1;
  std::optional<double> clip_norm;
  std::string optimizer = "adam";
  double lr = 0.01;
  std::optional<double> beta1;
  std::optional<double> beta2;
  std::optional<double> eps;
  std::optional<double> momentum;
  std::optional<bool> nesterov;
  std::optional<double> weight_decay;
  bool decay_bias = false;
  std::string schedule = "constant";
  std::optional<Index> warmup_steps;
  std::optional<double> warmup_ratio;
  std::optional<double> min_lr;
  std::optional<Index> cycles;
  std::optional<double> power;
  std::optional<Index> decay_steps;
  std::optional<Index> patience;
  std::optional<double> factor;
  std::optional<double> lr_b_ratio;
  std::optional<std::string> loss;
  std::string class_weights;
  std::optional<double> label_smoothing;
  std::optional<double> huber_delta;
  std::optional<double> temperature;
  std::optional<Index> early_stop;
  std::optional<std::string> keep_best;
  std::optional<Index> folds;
  std::string sweep;
  bool compare_full = false;

  // run
  std::int64_t seed = 42;
  std::optional<Index> eval_every;
  std::string gram = "auto";
  std::optional<Index> shuffle_block;
  bool profile = false;
  std::string progress = "auto";
  std::optional<Index> log_every;
  std::vector<std::string> require;
  Index threads = 0;
  bool json = false;
  bool quiet = false;
  bool verbose = false;

  // output
  std::string save;
  std::string checkpoint;
  std::optional<Index> checkpoint_every;
  bool resume = false;
  bool allow_changed = false;
  std::string log;
  std::string report;
  std::string tensorboard;
  std::string plot;
  std::string output = "-";
  bool probabilities = false;
  bool overwrite = false;

  /// What `inspect` and `compare` look at: the arguments that are no options.
  std::vector<std::string> paths;

  /// The options that the command line names, and those that only the file of --config does.
  std::vector<std::string> given_on_line;
  std::vector<std::string> given_in_file;

  /// Of one run of --folds: the part that it holds out.
  Index fold = 0;

  bool is_demo() const { return data.empty(); }
  bool has_validation() const { return !val.empty() || val_split.has_value() || folds.has_value(); }
  /// Whether a table of several runs is asked for.
  bool of_several_runs() const { return folds.has_value() || !sweep.empty() || compare_full; }
};

/// The table of options, bound to `options`: the source of flags, configuration keys, help, and of
/// the resolved configuration that a run prints.
std::vector<Setting> bind(Options& options);

}  // namespace lora::cli
