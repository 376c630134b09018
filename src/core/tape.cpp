#include "lora/core/tape.h"

#include <algorithm>
#include <stdexcept>

namespace lora {

namespace {

// Buffers start on cache lines.
constexpr Index kAlignment = 64 / static_cast<Index>(sizeof(Real));

// The first chunk: enough for small problems to stay within one.
constexpr Index kSmallestChunk = 4096;

}  // namespace

void Tape::reset(Mode mode) {
  mode_ = mode;
  depth_ = 0;
  used_ = 0;
  if (chunks_.size() > 1) {
    Index total = 0;
    for (const Chunk& chunk : chunks_) total += chunk.size();
    chunks_.clear();
    chunks_.emplace_back(total);
  }
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

MutableViewMap Tape::buffer(Index rows, Index cols) {
  const Index size = (rows * cols + kAlignment - 1) / kAlignment * kAlignment;
  if (chunks_.empty() || used_ + size > chunks_.back().size()) {
    chunks_.emplace_back(std::max(size, kSmallestChunk));
    used_ = 0;
  }
  Real* start = chunks_.back().data() + used_;
  used_ += size;
  return {start, rows, cols, Eigen::OuterStride<>(cols)};
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
