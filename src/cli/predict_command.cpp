#include "predict_command.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "announce.h"
#include "exit_code.h"
#include "inference.h"
#include "inputs.h"
#include "interrupt.h"
#include "lora/core/error.h"
#include "lora/core/tape.h"
#include "lora/core/text.h"
#include "lora/data/loader.h"
#include "lora/report/json_lines.h"
#include "lora/report/prediction_writer.h"
#include "standard_output.h"

namespace lora::cli {

namespace {

/// Refuses, before anything is computed, an output that would replace something by mistake.
void check_output(const Options& options) {
  const std::string& output = options.output;
  if (output == "-") return;
  const bool known = ends_in(output, ".csv") || ends_in(output, ".tsv") || ends_in(output, ".npy");
  if (!known) {
    throw Error(ErrorKind::usage, "--output ", output,
                ": predictions are written as .csv, .tsv or .npy, or to - (stdout)");
  }
  check_outputs("--output " + output, {output}, options, options.overwrite);
}

/// "0", "1", … for outputs that have no names.
std::vector<std::string> numbered(Index count, Index first, const std::string& prefix) {
  std::vector<std::string> names;
  for (Index i = 0; i < count; ++i) names.push_back(prefix + std::to_string(first + i));
  return names;
}

std::vector<std::string> predicted_columns(const Inference& inference, Task task,
                                           bool probabilities) {
  const Index outputs = inference.base.model->out_features();
  const auto& record = inference.record();
  if (task == Task::classification && probabilities) {
    const bool named = record && !record->class_names.empty();
    return named ? record->class_names : numbered(outputs, 0, "");
  }
  if (record && !record->target_names.empty()) return record->target_names;
  if (task == Task::classification) return {"class"};
  return outputs == 1 ? std::vector<std::string>{"output"} : numbered(outputs, 1, "output_");
}

/// A kept column may already have the name of a prediction.
void make_distinct(const std::vector<std::string>& kept, std::vector<std::string>& predicted) {
  for (std::string& name : predicted) {
    while (std::ranges::find(kept, name) != kept.end()) name.insert(0, "predicted_");
  }
}

std::unique_ptr<PredictionWriter> make_writer(const Options& options, PredictionColumns columns,
                                              bool with_header, StandardOutput& out) {
  const std::string& output = options.output;
  if (ends_in(output, ".npy")) return std::make_unique<NpyPredictions>(output);
  if (output == "-") {
    return std::make_unique<TextPredictions>(std::move(columns), ',', with_header,
                                             [&out](std::string_view text) { out.text(text); });
  }
  return std::make_unique<TextFilePredictions>(output, std::move(columns),
                                               ends_in(output, ".tsv") ? '\t' : ',', with_header);
}

/// Outputs to probabilities, row by row.
void apply_softmax(Matrix& outputs) {
  for (Index row = 0; row < outputs.rows(); ++row) {
    const Eigen::Array<double, 1, Eigen::Dynamic> logits = outputs.row(row).array().cast<double>();
    const Eigen::Array<double, 1, Eigen::Dynamic> terms = (logits - logits.maxCoeff()).exp();
    outputs.row(row) = (terms / terms.sum()).cast<Real>().matrix();
  }
}

/// Outputs to probabilities, each for itself.
void apply_sigmoid(Matrix& outputs) {
  outputs = (1 / (1 + (-outputs.array().cast<double>()).exp())).cast<Real>().matrix();
}

/// Outputs to 1 where the row is more likely to have the label than not, else 0.
void decide(Matrix& outputs) {
  outputs = (outputs.array() > 0).cast<Real>().matrix();
}

std::vector<std::int32_t> likeliest(const Matrix& outputs) {
  std::vector<std::int32_t> classes;
  for (Index row = 0; row < outputs.rows(); ++row) {
    Index largest = 0;
    outputs.row(row).maxCoeff(&largest);
    classes.push_back(static_cast<std::int32_t>(largest));
  }
  return classes;
}

/// The model's outputs for the rows, (rows, outputs).
Matrix outputs_of(const Inference& inference, const Dataset& rows, Tape& tape, Index first_row) {
  Matrix outputs(rows.rows(), inference.base.model->out_features());
  Loader loader(rows, all_rows(rows.rows()), kRowsComputed, /*shuffle=*/false);
  while (const std::optional<Batch> batch = loader.next()) {
    tape.reset(Mode::infer);
    MutableView part = outputs.middleRows(batch->rows.front(), batch->size());
    inference.base.model->forward(*batch, part, tape);
  }
  for (Index row = 0; row < outputs.rows(); ++row) {
    if (outputs.row(row).allFinite()) continue;
    throw Error(ErrorKind::training, row_text(first_row + row),
                " of the data: its output is not finite; are its features very large?");
  }
  return outputs;
}

/// Writes all predictions and returns how many rows they were for.
Index predict(Inference& inference, DatasetReader& reader, Task task, bool probabilities,
              PredictionWriter& writer, const StandardOutput& out) {
  Tape tape(inference.compute);
  Dataset rows;
  Index count = 0;
  while (!out.reader_is_gone() && reader.read(kRowsRead, rows)) {
    inference.scale(rows);
    Matrix outputs = outputs_of(inference, rows, tape, count);
    count += rows.rows();
    Predictions predictions;
    predictions.kept = std::move(rows.kept);
    if (task == Task::classification && !probabilities) {
      predictions.classes = likeliest(outputs);
    } else {
      if (task == Task::classification) apply_softmax(outputs);
      if (task == Task::multilabel) probabilities ? apply_sigmoid(outputs) : decide(outputs);
      predictions.numbers = std::move(outputs);
    }
    writer.write(predictions);
    if (interrupted()) return count;
  }
  if (count == 0) throw Error(ErrorKind::input, reader.facts().label, ": holds no rows");
  return count;
}

Task task_of(const DatasetRequest& request, const Options& options) {
  const Task task = request.task.value_or(Task::regression);
  const bool has_probabilities = task == Task::classification || task == Task::multilabel;
  if (options.probabilities && !has_probabilities) {
    throw Error(ErrorKind::usage,
                "--probabilities is for classification and multilabel, but the task is ",
                name_of(task), request.task ? "" : "; say --task classification");
  }
  return task;
}

/// The request, with --target's columns left out of the features.
DatasetRequest request_of(const Inference& inference, const Options& options) {
  DatasetRequest request = inference.request(options);
  request.keep_columns = options.keep_columns;
  if (!options.target.empty() && !is_target_file(options.target)) {
    request.left_out = options.target;
  }
  return request;
}

}  // namespace

int run_predict(Options& options, const std::vector<Setting>& settings) {
  check_output(options);
  StandardOutput out;
  JsonLines json = json_on(out);
  announce_options(settings, kPredict);
  InputWatch watch(options);
  Inference inference(options);
  watch.add_base(inference.base.file);
  check_output(with_base(options, inference.base.file));
  const DatasetRequest request = request_of(inference, options);
  const Task task = task_of(request, options);
  DatasetReader reader = inference.open(request);
  const SourceFacts& facts = reader.facts();

  PredictionColumns columns{
      facts.kept_names, predicted_columns(inference, task, options.probabilities), {}};
  make_distinct(columns.kept, columns.predicted);
  if (inference.record()) columns.class_names = inference.record()->class_names;
  const bool with_header = !facts.is_table || !facts.feature_names.empty();
  catch_stop_signals();
  const auto writer = make_writer(options, std::move(columns), with_header, out);
  const Index rows = predict(inference, reader, task, options.probabilities, *writer, out);
  if (interrupted()) {
    const std::string message = fmt::format("interrupted after {} rows; no file was written", rows);
    spdlog::error(message);
    if (options.json) json.failed(message, kInterrupted);
    return kInterrupted;
  }
  watch.check_content();
  writer->finish();
  spdlog::info("predicted {} rows of {}", rows, facts.label);
  if (options.json) json.end({{"rows", rows}, {"output", options.output}}, kDone);
  return kDone;
}

}  // namespace lora::cli
