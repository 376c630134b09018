#include "lora/core/tape.h"

#include <stdexcept>

namespace lora {

void Tape::reset(Mode mode) {
  mode_ = mode;
  places_.reset();
  depth_ = 0;
  buffers_.reset();
}

Rng& Tape::rng() const {
  if (rng_ == nullptr) throw std::logic_error("Tape::rng: this tape has no generator");
  return *rng_;
}

MutableViewMap Tape::gradient_of(Parameter& parameter) const {
  if (gradients_ != nullptr) return gradients_->of(parameter);
  Matrix& grad = parameter.grad;
  return {grad.data(), grad.rows(), grad.cols(), Eigen::OuterStride<>(grad.cols())};
}

void Tape::save(const void* owner, std::initializer_list<View> saved) {
  if (mode_ == Mode::infer) return;
  if (depth_ == frames_.size()) frames_.emplace_back();
  Frame& frame = frames_[depth_++];
  frame.owner = owner;
  frame.saved.clear();
  for (const View& view : saved) {
    frame.saved.emplace_back(view.data(), view.rows(), view.cols(),
                             Eigen::OuterStride<>(view.outerStride()));
  }
}

const std::vector<ViewMap>& Tape::take(const void* owner) {
  if (depth_ == 0 || frames_[depth_ - 1].owner != owner) {
    throw std::logic_error("Tape::take: the last frame was saved by another object");
  }
  return frames_[--depth_].saved;
}

}  // namespace lora
