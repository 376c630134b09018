#include "lora/loss/metric.h"

#include <array>

#include "lora/loss/accuracy.h"
#include "lora/loss/label_accuracy.h"
#include "lora/loss/log_loss.h"
#include "lora/loss/macro_f1.h"
#include "lora/loss/mae.h"
#include "lora/loss/r2.h"
#include "lora/loss/recall.h"
#include "lora/loss/rmse.h"

namespace lora {

namespace {

constexpr std::array kMetrics = {
    MetricKind{.name = "rmse",
               .label = "RMSE",
               .help = "root of each target's mean squared error, mean over targets",
               .task = Task::regression,
               .higher_is_better = false,
               .headline = false,
               .make = RootMeanSquaredError::make},
    MetricKind{.name = "mae",
               .label = "MAE",
               .help = "mean absolute error over rows and targets",
               .task = Task::regression,
               .higher_is_better = false,
               .headline = false,
               .make = MeanAbsoluteError::make},
    MetricKind{.name = "r2",
               .label = "R2",
               .help = "share of each target's variance that is explained, mean over targets",
               .task = Task::regression,
               .higher_is_better = true,
               .headline = true,
               .make = R2Score::make},
    MetricKind{.name = "accuracy",
               .label = "accuracy",
               .help = "share of rows whose largest output is their label's",
               .task = Task::classification,
               .higher_is_better = true,
               .headline = true,
               .make = Accuracy::make},
    MetricKind{.name = "macro_f1",
               .label = "macro F1",
               .help = "F1 of each class that occurs, mean over classes",
               .task = Task::classification,
               .higher_is_better = true,
               .headline = false,
               .make = MacroF1::make},
    MetricKind{.name = "log_loss",
               .label = "log loss",
               .help = "mean of -log of the label's probability, without class weights",
               .task = Task::classification,
               .higher_is_better = false,
               .headline = false,
               .make = LogLoss::make},
    MetricKind{.name = "label_accuracy",
               .label = "label accuracy",
               .help = "share of rows and labels where the logit's sign says what the target says",
               .task = Task::multilabel,
               .higher_is_better = true,
               .headline = true,
               .make = LabelAccuracy::make},
    MetricKind{.name = "recall_1",
               .label = "recall at 1",
               .help = "share of queries whose document is the nearest of all",
               .task = Task::retrieval,
               .higher_is_better = true,
               .headline = true,
               .make = Recall::make<1>},
    MetricKind{.name = "recall_5",
               .label = "recall at 5",
               .help = "share of queries whose document is among the nearest 5 of all",
               .task = Task::retrieval,
               .higher_is_better = true,
               .headline = false,
               .make = Recall::make<5>},
    MetricKind{.name = "recall_10",
               .label = "recall at 10",
               .help = "share of queries whose document is among the nearest 10 of all",
               .task = Task::retrieval,
               .higher_is_better = true,
               .headline = false,
               .make = Recall::make<10>},
};

}  // namespace

std::span<const MetricKind> metric_kinds() {
  return kMetrics;
}

std::vector<ReportedMetric> make_metrics(Task task, Index outputs) {
  std::vector<ReportedMetric> metrics;
  for (const MetricKind& kind : kMetrics) {
    if (kind.task == task) metrics.push_back({&kind, kind.make(outputs)});
  }
  return metrics;
}

}  // namespace lora
