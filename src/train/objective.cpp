#include "lora/train/objective.h"

#include <array>
#include <cmath>

#include "lora/core/profile.h"

namespace lora {

LossSum forward_and_backward(Model& model, const Loss& loss, const Batch& batch, Tape& tape) {
  auto y = tape.buffer(batch.size(), model.out_features());
  MutableView dy = tape.buffer(y.rows(), y.cols());
  LossSum sum;
  {
    const Timed timed(tape.compute(), Phase::forward);
    model.forward(batch, y, tape);
  }
  {
    const Timed timed(tape.compute(), Phase::loss);
    sum = loss.evaluate(y, batch, &dy, tape.compute());
  }
  const Timed timed(tape.compute(), Phase::backward);
  model.backward(dy, tape);
  return sum;
}

LossSum summed_over(Group& group, const LossSum& own) {
  std::array<double, 2> totals = {own.sum, own.weight};
  group.sum_wide(totals);
  return {totals[0], totals[1]};
}

LossSum ModelObjective::evaluate(const Batch& batch, Tape& tape, Metrics metrics) {
  const bool trains = tape.mode() == Mode::train;
  const bool draws_for_others = trains && shares_.draws();
  if (batch.size() == 0 && !draws_for_others) return {};
  if (trains) return train(batch, tape);
  auto y = tape.buffer(batch.size(), model_->out_features());
  model_->forward(batch, y, tape);
  for (Metric* metric : metrics) metric->add(y, batch);
  return loss_->evaluate(y, batch, nullptr, tape.compute());
}

LossSum ModelObjective::train(const Batch& batch, Tape& tape) {
  if (Profile* const profile = tape.compute().profile; profile != nullptr) {
    profile->add_row_bytes(static_cast<double>(batch.numbers()) * sizeof(Real));
  }
  tape.set_places(batch.places);
  const SharePlan plan = shares_.plan(batch);
  if (plan.shares == 1) return forward_and_backward(*model_, *loss_, batch, tape);
  return shares_.evaluate(batch, plan, tape.compute());
}

Index ModelObjective::first_bad_row(const Batch& batch, Tape& tape) {
  tape.reset(Mode::infer);
  auto y = tape.buffer(batch.size(), model_->out_features());
  model_->forward(batch, y, tape);
  for (Index i = 0; i < batch.size(); ++i) {
    if (loss_->compares_rows()) {
      if (!y.row(i).allFinite()) return i;
      continue;
    }
    const double loss =
        loss_->evaluate(y.middleRows(i, 1), batch.part(i, 1), nullptr, tape.compute()).sum;
    if (!std::isfinite(static_cast<float>(loss))) return i;
  }
  return -1;
}

}  // namespace lora
