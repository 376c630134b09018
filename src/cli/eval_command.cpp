#include "eval_command.h"

#include <cctype>
#include <cmath>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "announce.h"
#include "build.h"
#include "details.h"
#include "exit_code.h"
#include "inference.h"
#include "inputs.h"
#include "lora/core/error.h"
#include "lora/core/table.h"
#include "lora/data/loader.h"
#include "lora/data/pairs.h"
#include "lora/loss/rows.h"
#include "lora/report/json_lines.h"
#include "lora/train/evaluator.h"
#include "pair_data.h"
#include "processes.h"
#include "requirement.h"
#include "resolve.h"
#include "standard_output.h"
#include "terminal_reporter.h"

namespace lora::cli {

namespace {

/// --target, or the columns that the adapter was trained to predict.
std::string target_of(const Options& options, const Inference& inference) {
  if (!options.target.empty()) return options.target;
  const auto& record = inference.record();
  if (record && record->task == Task::retrieval) {
    throw Error(ErrorKind::usage, "eval needs --pairs: --adapter ", options.adapter,
                " was trained on pairs");
  }
  if (record && record->config.contains("target") && record->config["target"].is_string()) {
    auto target = record->config["target"].get<std::string>();
    if (!target.empty() && !is_target_file(target)) return target;
  }
  throw Error(ErrorKind::usage,
              "eval needs --target: the columns, or the file, that hold what is right");
}

/// Words are classes in their sorted order, which only a look at all of them shows; unless an
/// adapter has kept it, or there is but one look at a pipe.
std::vector<std::string> class_names_of(const DatasetRequest& request) {
  const bool is_known = !request.class_names.empty() || request.data == "-";
  const bool is_classification = DatasetReader(request).facts().task == Task::classification;
  if (is_known || !is_classification) return request.class_names;
  return DatasetReader(request).scan_class_names();
}

struct Judgement {
  Index rows = 0;  ///< or pairs
  Figures figures;
  nlohmann::ordered_json details;
};

/// The loss is the first of the figures.
void check_loss(const Figures& figures, const std::string& label) {
  const double loss = figures.front().value;
  if (std::isfinite(loss)) return;
  throw Error(ErrorKind::training, label, ": the loss is ",
              std::isnan(loss) ? "not a number" : "infinite",
              "; are the features, targets or weights very large?");
}

Judgement judge(Inference& inference, DatasetReader& reader, const Loss& loss) {
  const Task task = reader.facts().task;
  const Index outputs = inference.base.model->out_features();
  const std::vector<ReportedMetric> metrics = make_metrics(task, outputs);
  ModelObjective objective(*inference.base.model, loss);
  SingleProcess group;

  Judgement judgement;
  Dataset rows;
  std::optional<Details> details;
  std::optional<Evaluator> evaluator;
  double weight = 0;
  while (reader.read(kRowsRead, rows)) {
    if (!details) {
      details.emplace(
          task, outputs,
          task == Task::classification ? reader.class_names() : reader.facts().target_names);
      evaluator.emplace(objective, metrics, inference.compute, group, details->accumulators());
    }
    inference.scale(rows);
    Loader loader(rows, all_rows(rows.rows()), kRowsComputed, /*shuffle=*/false);
    while (const std::optional<Batch> batch = loader.next()) {
      evaluator->add(*batch);
      weight += total_weight(*batch);
    }
    judgement.rows += rows.rows();
  }
  if (!evaluator) throw Error(ErrorKind::input, reader.facts().label, ": holds no rows");
  if (weight == 0) {
    throw Error(ErrorKind::input, reader.facts().label, ": every row has the weight 0");
  }
  judgement.figures = evaluator->figures("", "");
  check_loss(judgement.figures, reader.facts().label);
  judgement.details = details->json();
  for (const std::string& line : details->lines()) spdlog::info("{}", line);
  return judgement;
}

/// Pairs in the batches of the training: with others each document has other ones to be told from.
Judgement judge_pairs(Inference& inference, DatasetReader& reader, const Loss& loss,
                      const std::string& file) {
  Dataset data = reader.read_all();
  inference.scale(data);
  const auto& record = inference.record();
  Loader loader(data, read_pairs(file, data.rows(), reader.facts().label),
                record ? pairs_at_once(record->config) : kPairsAtOnce, /*shuffle=*/false);
  const std::vector<ReportedMetric> metrics =
      make_metrics(Task::retrieval, inference.base.model->out_features());
  ModelObjective objective(*inference.base.model, loss);
  SingleProcess group;
  Evaluator evaluator(objective, metrics, inference.compute, group);
  while (const std::optional<Batch> batch = loader.next()) evaluator.add(*batch);
  Judgement judgement{loader.rows(), evaluator.figures("", ""), nlohmann::ordered_json::object()};
  check_loss(judgement.figures, file);
  spdlog::info("pairs     {}: {} pairs in {} batches", file, loader.rows(), loader.batches());
  return judgement;
}

/// The line on stdout begins with a capital letter.
std::string sentence(const Figures& figures) {
  Figures shown = figures;
  for (NamedValue& figure : shown) {
    figure.label[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(figure.label[0])));
  }
  return as_text(shown);
}

/// A figure may be of another column than the model was trained for: on purpose, or not.
void announce_differences(const Inference& inference, const SourceFacts& facts) {
  const auto& record = inference.record();
  if (!record || facts.target_names.empty() || record->target_names.empty()) return;
  if (facts.target_names == record->target_names) return;
  spdlog::warn("warning: the model was trained to predict {}, but is judged by {}",
               joined(record->target_names), joined(facts.target_names));
}

void announce_model(const Inference& inference, const DatasetReader& reader) {
  spdlog::info("data      {}: {} features", reader.facts().label, reader.facts().features);
  announce_columns(reader.facts(), reader.class_names());
  spdlog::info("base      {}", label_of(inference.base));
  announce_differences(inference, reader.facts());
  if (inference.saved) spdlog::info("adapter   {}", inference.saved->adapter.directory());
}

DatasetRequest request_of(const Inference& inference, const Options& options) {
  DatasetRequest request = inference.request(options);
  if (!options.pairs.empty()) {
    request.class_names.clear();
    return request;
  }
  request.target = target_of(options, inference);
  if (options.target.empty()) request.target_names = inference.record()->target_names;
  if (request.data != "-") request.class_names = class_names_of(request);
  return request;
}

}  // namespace

int run_eval(Options& options, const std::vector<Setting>& settings) {
  StandardOutput out;
  JsonLines json = json_on(out);
  announce_options(settings, kEval);
  InputWatch watch(options);
  Inference inference(options);
  watch.add_base(inference.base.file);
  DatasetReader reader = inference.open(request_of(inference, options));
  resolve_task(options, reader.facts().task);
  const auto loss = make_loss(options, inference.base.model->out_features(), {}, {}, processes());
  announce_model(inference, reader);
  const bool pairs = !options.pairs.empty();
  const Judgement judgement = pairs ? judge_pairs(inference, reader, *loss, options.pairs)
                                    : judge(inference, reader, *loss);
  watch.check_content();
  const auto broken = broken_requirements(options.require, judgement.figures);
  for (const std::string& sentence : broken) spdlog::error("{}", sentence);
  const int code = broken.empty() ? kDone : kRequirement;
  if (options.json) {
    nlohmann::ordered_json facts = {{pairs ? "pairs" : "rows", judgement.rows}};
    for (const NamedValue& figure : judgement.figures) facts[figure.name] = figure.value;
    facts.update(judgement.details);
    json.end(facts, code);
  } else {
    out.line(sentence(judgement.figures));
  }
  return code;
}

}  // namespace lora::cli
