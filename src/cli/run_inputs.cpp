#include "run_inputs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include "adaptation.h"
#include "build.h"
#include "gram.h"
#include "inputs.h"
#include "lora/core/error.h"
#include "lora/core/table.h"
#include "lora/core/text.h"
#include "lora/data/dataset_reader.h"
#include "processes.h"
#include "resolve.h"

namespace lora::cli {

namespace {

Group& alone() {
  static SingleProcess group;
  return group;
}

RunSize size_of(const Options& options, Index rows, std::vector<LayerPlan> layers) {
  RunSize size;
  size.rows = rows;
  size.layers = std::move(layers);
  size.batch = *options.batch_size == 0 ? rows : std::min(*options.batch_size, rows);
  size.gathers = *options.shuffle || options.val_split.has_value() || options.folds;
  size.keeps_best = *options.keep_best != "none";
  return size;
}

}  // namespace

void check_widths(const Widths& model, const SourceFacts& facts) {
  if (facts.features != model.in) {
    throw Error(ErrorKind::input, facts.label, ": ", facts.features, " features, but ", model.label,
                " takes ", model.in);
  }
  const bool numbers = facts.task != Task::classification && facts.targets > 0;
  if (numbers && facts.targets != model.out) {
    throw Error(ErrorKind::input, facts.label, ": ", facts.targets, " target column(s)",
                facts.target_names.empty() ? "" : " ('" + joined(facts.target_names) + "')",
                ", but ", model.label, " has ", model.out, " outputs",
                facts.targets == 1 ? "; if the target is a class, say --task classification" : "");
  }
}

Widths widths_of(const BaseModel& base) {
  return {label_of(base), base.model->in_features(), base.model->out_features()};
}

RunInputs::RunInputs(std::span<Options> runs, bool several)
    : group(several ? &alone() : &processes()), of_several(several || runs.size() > 1) {
  if (runs.front().is_demo()) {
    for (Options& options : runs) {
      check_memory(memory_need(size(options), options));
      resolve_gram(options, *options.samples, size(options).layers);
    }
  } else {
    read_files(runs);
  }
}

void RunInputs::read_files(std::span<Options> runs) {
  const Options& options = runs.front();
  check_same_inputs(options);
  DatasetRequest request;
  request.data = options.data;
  request.threads = threads_of(options);
  request.group = group;
  request.target = options.target;
  request.weight_column = options.weight_column;
  request.left_out = options.keep_columns;
  if (options.task) request.task = task_named(*options.task);
  if (!options.adapter.empty()) {
    start.emplace(options.adapter);
    base.emplace(base_of(*start, options));
    if (start->record) {
      request.feature_names = start->record->feature_names;
      if (options.pairs.empty()) request.class_names = start->record->class_names;
      if (!request.task) request.task = start->record->task;
    }
  } else if (!options.base.empty()) {
    base.emplace(read_base(options.base, options.fan_in_fan_out, options.activation));
  }
  if (base) request.outputs = base->model->out_features();

  DatasetReader reader(request);
  facts = reader.facts();
  task = facts.task;
  for (Options& run : runs) resolve_task(run, task);
  if (base) check_widths(widths_of(*base), facts);
  for (const Options& run : runs) check_memory(memory_need(size(run), run));
  data = reader.read_all(*group);
  class_names = reader.class_names();
  check_classes();
  for (Options& run : runs) {
    const double share =
        run.folds ? 1 / static_cast<double>(*run.folds) : run.val_split.value_or(0);
    const double held_out = std::ceil(share * static_cast<double>(data.rows_everywhere()));
    resolve_gram(run, data.rows_everywhere() - static_cast<Index>(held_out), size(run).layers);
  }
  if (options.pairs.empty()) return read_validation(options);
  if (!base) base.emplace(identity_base(facts.features));
  pairs = read_pair_files(options, data.rows(), facts.label);
}

/// A classifier that has seen one class only learns nothing but that class.
void RunInputs::check_classes() const {
  if (!data.has_labels()) return;
  const auto [least, most] = std::ranges::minmax(data.labels);
  const std::array<std::int32_t, 2> own = {least, most};
  const std::vector<std::int32_t> ends = gather_labels(*group, own);
  if (std::ranges::min(ends) != std::ranges::max(ends)) return;
  const std::string name = class_names.empty()
                               ? std::to_string(least)
                               : in_quotes(class_names[static_cast<std::size_t>(least)]);
  throw Error(ErrorKind::input, facts.label, ": all ", data.rows_everywhere(),
              " rows are of class ", name, "; at least two classes are needed");
}

void RunInputs::read_validation(const Options& options) {
  if (options.val.empty()) return;
  DatasetRequest request;
  request.data = options.val;
  request.threads = threads_of(options);
  request.group = group;
  request.target = options.val_target.empty() ? options.target : options.val_target;
  request.weight_column = options.weight_column;
  request.left_out = options.keep_columns;
  request.task = task;
  request.feature_names = facts.feature_names;
  request.target_names = facts.target_names;
  request.outputs = widths().out;
  request.class_names = class_names;
  DatasetReader reader(request);
  check_widths(widths(), reader.facts());
  validation_data = reader.read_all(*group);
}

Widths RunInputs::widths() const {
  if (base) return widths_of(*base);
  return {"the drawn base", facts.features, data.has_labels() ? data.classes : facts.targets};
}

RunSize RunInputs::size(const Options& options) const {
  if (options.is_demo()) {
    RunSize size =
        size_of(options, *options.samples, {planned_layer(*options.in, *options.out, options)});
    size.base_is_drawn = true;
    return size;
  }
  const bool labels = task == Task::classification;
  const Index rows = data.rows() > 0 ? data.rows() + validation_data.rows()
                                     : facts.rows.value_or(0) / group->size();
  const Index fewest_outputs = labels                    ? std::max<Index>(data.classes, 2)
                               : task == Task::retrieval ? facts.features
                                                         : facts.targets;
  RunSize size = size_of(
      options, rows,
      base ? planned_layers(*base->model, options, start)
           : std::vector<LayerPlan>{planned_layer(facts.features, fewest_outputs, options)});
  size.labels = labels;
  if (task == Task::retrieval) count_pairs(size, options);
  size.base_is_drawn = !base || base->name.empty();
  const bool scales = options.standardize || (start && start->record && start->record->scaling);
  size.maps_features = facts.can_map_features && !scales;
  size.copies_features = of_several && scales;
  return size;
}

/// Before they are read, there may be as many as rows.
void RunInputs::count_pairs(RunSize& size, const Options& options) const {
  const Index count = pairs.train.empty() ? size.rows : std::ssize(pairs.train);
  size.pairs = *options.batch_size == 0 ? count : std::min(*options.batch_size, count);
  size.held_out_pairs = options.val_split || options.folds ? count : std::ssize(pairs.validation);
  size.batch = 2 * size.pairs;
  size.gathers = true;
}

}  // namespace lora::cli
