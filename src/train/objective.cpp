#include "lora/train/objective.h"

#include <cmath>

namespace lora {

LossSum ModelObjective::evaluate(const Batch& batch, Tape& tape, Metrics metrics) {
  auto y = tape.buffer(batch.size(), model_->out_features());
  model_->forward(batch, y, tape);

  if (tape.mode() == Mode::infer) {
    for (Metric* metric : metrics) metric->add(y, batch);
    return loss_->evaluate(y, batch, nullptr, tape.compute());
  }
  MutableView dy = tape.buffer(y.rows(), y.cols());
  const LossSum loss = loss_->evaluate(y, batch, &dy, tape.compute());
  model_->backward(dy, tape);
  return loss;
}

Index ModelObjective::first_bad_row(const Batch& batch, Tape& tape) {
  tape.reset(Mode::infer);
  auto y = tape.buffer(batch.size(), model_->out_features());
  model_->forward(batch, y, tape);
  for (Index i = 0; i < batch.size(); ++i) {
    Batch row{batch.rows.subspan(static_cast<std::size_t>(i), 1),
              batch.x.middleRows(i, 1),
              std::nullopt,
              {},
              std::nullopt};
    if (batch.targets) row.targets.emplace(batch.targets->middleRows(i, 1));
    if (!batch.labels.empty()) row.labels = batch.labels.subspan(static_cast<std::size_t>(i), 1);
    if (!batch.weights.empty()) row.weights = batch.weights.subspan(static_cast<std::size_t>(i), 1);
    const double loss = loss_->evaluate(y.middleRows(i, 1), row, nullptr, tape.compute()).sum;
    if (!std::isfinite(static_cast<float>(loss))) return i;
  }
  return -1;
}

}  // namespace lora
