#include "inference.h"

#include <spdlog/spdlog.h>

#include "build.h"
#include "lora/core/error.h"
#include "run_inputs.h"

namespace lora::cli {

namespace {

BaseModel base_for(const Options& options, const std::optional<SavedAdapter>& saved) {
  return saved ? base_of(*saved, options)
               : read_base(options.base, options.fan_in_fan_out, options.activation);
}

std::optional<SavedAdapter> saved_for(const Options& options) {
  if (options.adapter.empty()) return std::nullopt;
  return std::optional<SavedAdapter>(std::in_place, options.adapter);
}

std::optional<Task> task_for(const Options& options, const std::optional<RunRecord>& record) {
  if (!options.task) return record ? std::optional(record->task) : std::nullopt;
  return task_named(*options.task);
}

}  // namespace

Inference::Inference(const Options& options)
    : compute{threads_of(options)}, saved(saved_for(options)), base(base_for(options, saved)) {
  if (!saved) return;
  saved->adapter.check_adds_something();
  saved->adapter.attach_to(*base.model);
}

const std::optional<RunRecord>& Inference::record() const {
  static const std::optional<RunRecord> none;
  return saved ? saved->record : none;
}

DatasetRequest Inference::request(const Options& options) const {
  DatasetRequest request;
  request.data = options.data;
  request.threads = compute.threads;
  request.weight_column = options.weight_column;
  request.left_out = options.keep_columns;
  request.task = task_for(options, record());
  request.outputs = base.model->out_features();
  if (record()) {
    request.feature_names = record()->feature_names;
    request.class_names = record()->class_names;
  }
  return request;
}

DatasetReader Inference::open(const DatasetRequest& request) const {
  DatasetReader reader(request);
  check_widths(widths_of(base), reader.facts());
  if (!request.feature_names.empty() && reader.facts().feature_names.empty()) {
    spdlog::warn(
        "warning: {} has no names for its columns; they are taken in the order of the training",
        reader.facts().label);
  }
  if (record() && record()->scaling &&
      record()->scaling->mean.size() != static_cast<std::size_t>(base.model->in_features())) {
    throw Error(ErrorKind::input, run_record_path(saved->adapter.directory()), ": scales ",
                record()->scaling->mean.size(), " features, but ", label_of(base), " takes ",
                base.model->in_features());
  }
  return reader;
}

void Inference::scale(Dataset& rows) const {
  if (record() && record()->scaling) record()->scaling->apply(rows.features.own());
}

}  // namespace lora::cli
