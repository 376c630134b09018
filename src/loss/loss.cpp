#include "lora/loss/loss.h"

#include <algorithm>
#include <array>

#include "lora/loss/bce.h"
#include "lora/loss/contrastive.h"
#include "lora/loss/cosine.h"
#include "lora/loss/cross_entropy.h"
#include "lora/loss/huber.h"
#include "lora/loss/l1.h"
#include "lora/loss/mse.h"

namespace lora {

namespace {

constexpr std::array kLosses = {
    LossKind{"mse",
             "mean squared error over rows and outputs (torch.nn.MSELoss)",
             Task::regression,
             {},
             MeanSquaredError::make},
    LossKind{"l1",
             "mean absolute error, which outliers pull no harder than other rows "
             "(torch.nn.L1Loss)",
             Task::regression,
             {},
             L1Loss::make},
    LossKind{"huber",
             "squares of small errors, absolute values of large ones: smooth, and robust to "
             "outliers (torch.nn.HuberLoss; Huber, 1964)",
             Task::regression,
             {.huber_delta = true},
             HuberLoss::make},
    LossKind{"cosine",
             "1 - cosine of output and target, for embeddings of which only the direction counts "
             "(torch.nn.functional.cosine_similarity)",
             Task::regression,
             {},
             CosineDistance::make},
    LossKind{"cross_entropy",
             "cross-entropy of the softmax over the outputs (torch.nn.CrossEntropyLoss)",
             Task::classification,
             {.class_weights = true, .label_smoothing = true},
             CrossEntropy::make},
    LossKind{"bce",
             "cross-entropy of a sigmoid for each output, for rows with any number of labels "
             "(torch.nn.BCEWithLogitsLoss)",
             Task::multilabel,
             {},
             BinaryCrossEntropy::make},
    LossKind{"contrastive",
             "cross-entropy of each query over the documents of its batch, for retrieval "
             "(sentence-transformers' MultipleNegativesRankingLoss, InfoNCE; van den Oord et al., "
             "2018, arXiv 1807.03748)",
             Task::retrieval,
             {.temperature = true},
             Contrastive::make},
};

}  // namespace

std::span<const LossKind> loss_kinds() {
  return kLosses;
}

const LossKind& default_loss(Task task) {
  return *std::ranges::find(kLosses, task, &LossKind::task);
}

std::vector<std::string> used_options(const LossKind& kind) {
  const LossUses& uses = kind.uses;
  std::vector<std::string> names;
  if (uses.class_weights) names.emplace_back("class_weights");
  if (uses.label_smoothing) names.emplace_back("label_smoothing");
  if (uses.huber_delta) names.emplace_back("huber_delta");
  if (uses.temperature) names.emplace_back("temperature");
  return names;
}

}  // namespace lora
