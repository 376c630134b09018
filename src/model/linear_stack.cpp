#include "lora/model/linear_stack.h"

#include <algorithm>
#include <utility>

#include "lora/core/error.h"

namespace lora {

namespace {

ViewMap window(const View& x) {
  return {x.data(), x.rows(), x.cols(), Eigen::OuterStride<>(x.outerStride())};
}

/// The stage's outputs, given its linear layer's.
ViewMap activated(const Stage& stage, const View& z, Tape& tape) {
  if (!stage.activation) return window(z);
  auto a = tape.buffer(z.rows(), z.cols());
  stage.activation->forward(z, a, tape);
  return window(a);
}

}  // namespace

LinearStack::LinearStack(std::vector<Stage> stages) : stages_(std::move(stages)) {
  if (stages_.empty()) throw Error(ErrorKind::input, "a stack needs at least one linear layer");
  for (std::size_t i = 1; i < stages_.size(); ++i) {
    const Index given = stages_[i - 1].linear.out_features();
    const Index taken = stages_[i].linear.in_features();
    if (given == taken) continue;
    throw Error(ErrorKind::input, "layer ", stages_[i].name, " takes ", taken, " features, but ",
                stages_[i - 1].name, " before it gives ", given);
  }
}

std::unique_ptr<Model> LinearStack::without_adapters() const {
  std::vector<Stage> stages;
  stages.reserve(stages_.size());
  for (const Stage& stage : stages_) {
    stages.push_back({stage.name, stage.linear.without_adapter(), stage.activation});
  }
  return std::make_unique<LinearStack>(std::move(stages));
}

std::size_t LinearStack::lowest_trained() const {
  const auto stage =
      std::ranges::find_if(stages_, [](const Stage& s) { return s.linear.trains(); });
  return stage == stages_.end() ? 0 : static_cast<std::size_t>(stage - stages_.begin());
}

/// Where a stage's linear layer writes: y if it is the last.
MutableViewMap LinearStack::outputs_of(std::size_t stage, MutableView y, Tape& tape) const {
  if (stage + 1 < stages_.size()) {
    return tape.buffer(y.rows(), stages_[stage].linear.out_features());
  }
  return {y.data(), y.rows(), y.cols(), Eigen::OuterStride<>(y.outerStride())};
}

/// Of a stage below which nothing is trained, so that no frames are left.
ViewMap LinearStack::input_of(std::size_t stage, const View& x, Tape& tape) const {
  if (stage == 0) return window(x);
  const Tape::Untrained untrained(tape);
  const Stage& before = stages_[stage - 1];
  auto z = tape.buffer(x.rows(), before.linear.out_features());
  before.linear.forward(input_of(stage - 1, x, tape), z, tape);
  return activated(before, z, tape);
}

void LinearStack::forward(const Batch& batch, MutableView y, Tape& tape) const {
  const std::size_t lowest = lowest_trained();
  const Linear& linear = stages_[lowest].linear;
  MutableViewMap z = outputs_of(lowest, y, tape);
  if (batch.below) {
    linear.forward_from(batch.below->input, batch.below->product, z, tape);
  } else {
    linear.forward(input_of(lowest, batch.x, tape), z, tape);
  }
  forward_above(lowest, z, y, tape);
}

/// From the outputs z of a stage's linear layer to y.
void LinearStack::forward_above(std::size_t stage, const View& z, MutableView y, Tape& tape) const {
  if (stage + 1 == stages_.size()) return;
  MutableViewMap next = outputs_of(stage + 1, y, tape);
  stages_[stage + 1].linear.forward(activated(stages_[stage], z, tape), next, tape);
  forward_above(stage + 1, next, y, tape);
}

void LinearStack::backward(const View& dy, Tape& tape) {
  backward_from(stages_.size() - 1, lowest_trained(), dy, tape);
}

/// From the gradient dz of a stage's linear layer's outputs down to the stage `lowest`.
void LinearStack::backward_from(std::size_t stage, std::size_t lowest, const View& dz, Tape& tape) {
  Linear& linear = stages_[stage].linear;
  if (stage == lowest) return linear.backward(dz, nullptr, tape);
  MutableView dx = tape.buffer(dz.rows(), linear.in_features());
  dx.setZero();
  linear.backward(dz, &dx, tape);

  Stage& before = stages_[stage - 1];
  if (!before.activation) return backward_from(stage - 1, lowest, dx, tape);
  MutableView dz_before = tape.buffer(dx.rows(), dx.cols());
  dz_before.setZero();
  before.activation->backward(dx, &dz_before, tape);
  backward_from(stage - 1, lowest, dz_before, tape);
}

Below LinearStack::below(const Batch& batch, Tape& tape) const {
  const std::size_t lowest = lowest_trained();
  const Linear& linear = stages_[lowest].linear;
  const ViewMap input = input_of(lowest, batch.x, tape);
  auto z = tape.buffer(batch.size(), linear.uses_base_product() ? linear.out_features() : 0);
  if (z.cols() > 0) linear.base_product(input, z, tape);
  return {input, z};
}

BelowFeatures LinearStack::below_features() const {
  const std::size_t lowest = lowest_trained();
  const Linear& linear = stages_[lowest].linear;
  return {lowest == 0 ? 0 : linear.in_features(),
          linear.uses_base_product() ? linear.out_features() : 0};
}

void LinearStack::visit(Visitor& visitor) {
  for (Stage& stage : stages_) stage.linear.visit(stage.name, visitor);
}

}  // namespace lora
