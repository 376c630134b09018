// What the runs of a command share: read once, however many runs there are.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base_model.h"
#include "lora/core/group.h"
#include "lora/core/task.h"
#include "lora/data/dataset.h"
#include "lora/data/row_source.h"
#include "memory_need.h"
#include "options.h"
#include "pair_data.h"

namespace lora::cli {

/// Of a model: how many numbers go in and come out, and what messages call it.
struct Widths {
  std::string label;
  Index in;
  Index out;
};

Widths widths_of(const BaseModel& base);

/// Refuses data that does not fit its model.
void check_widths(const Widths& model, const SourceFacts& facts);

struct RunInputs {
  /// Reads what `runs` name, which differ only in what is made of it, and fills in what of their
  /// options depends on the data. Throws Error(memory) before the rows are read if one of the runs
  /// needs more than there is. `of_several`: there will be several runs even of one set of options.
  /// The processes of a command share out the rows of one run; of several, each has its own.
  explicit RunInputs(std::span<Options> runs, bool of_several = false);

  /// For one run, whose times go to `of_run` if it is not null.
  explicit RunInputs(Options& options, Profile* of_run = nullptr)
      : RunInputs(std::span<Options>(&options, 1)) {
    profile = of_run;
  }

  Group* group;                       ///< who shares the rows out
  Profile* profile = nullptr;         ///< of the only run; null if nobody wants its times
  bool of_several;                    ///< a run leaves everything here as it is for the next one
  std::optional<SavedAdapter> start;  ///< the adapter that training starts from
  std::optional<BaseModel> base;      ///< without an adapter; none if each run draws its own
  SourceFacts facts;                  ///< of the training rows' file; empty for the demo
  Task task = Task::regression;
  std::vector<std::string> class_names;
  Dataset data;             ///< empty for the demo, whose rows each run draws
  Dataset validation_data;  ///< empty if held-out rows come from `data`, or if there are none
  PairSplit pairs;          ///< of rows of `data`, before --val-split; empty without --pairs

  /// Of each run's model, unless it is the demo's.
  Widths widths() const;

  /// How large a run with these options is.
  RunSize size(const Options& options) const;

 private:
  void read_files(std::span<Options> runs);
  void check_classes() const;
  void read_validation(const Options& options);
  void count_pairs(RunSize& size, const Options& options) const;
};

}  // namespace lora::cli
