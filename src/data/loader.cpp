#include "lora/data/loader.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "lora/ops/gather.h"

namespace lora {

namespace {

std::size_t at(Index index) {
  return static_cast<std::size_t>(index);
}

/// `size` of the values from `first` on; empty if there are none at all.
template <class Value>
std::span<const Value> part_of(const std::vector<Value>& values, Index first, Index size) {
  if (values.empty()) return {};
  return std::span(values).subspan(at(first), at(size));
}

std::optional<View> window_on(const Matrix& matrix, Index first, Index size) {
  if (matrix.size() == 0) return std::nullopt;
  return std::optional<View>(std::in_place, matrix.middleRows(first, size));
}

}  // namespace

Loader::Loader(const Dataset& data, std::vector<Index> rows, Index batch_size, bool shuffle,
               OrderRule rule)
    : data_(&data),
      order_(std::move(rows), shuffle ? rule.shuffle_block : 0),
      batch_size_(batch_size == 0 ? this->rows() : std::min(batch_size, this->rows())),
      shuffle_(shuffle),
      moves_(shuffle && !(rule.any_order && batch_size_ == this->rows())),
      contiguous_(order_.is_contiguous()) {
  if (!contiguous_ || moves_) make_room(batch_size_);
}

Loader::Loader(const Dataset& data, std::vector<Pair> pairs, Index batch_size, bool shuffle,
               Index shuffle_block)
    : Loader(data, all_rows(std::ssize(pairs)), batch_size, shuffle,
             {.any_order = false, .shuffle_block = shuffle_block}) {
  pairs_ = std::move(pairs);
  contiguous_ = false;
  batch_rows_.resize(at(2 * batch_size_));
  make_room(2 * batch_size_);
}

void Loader::make_room(Index rows) {
  features_.resize(rows, data_->features.cols());
  if (data_->targets.size() != 0) targets_.resize(rows, data_->targets.cols());
  if (data_->has_labels()) labels_.resize(at(rows));
  if (!data_->weights.empty()) weights_.resize(at(rows));
}

void Loader::start_epoch(Rng& rng) {
  position_ = 0;
  if (!shuffle_ && batch_size_ == rows()) return;
  rng.random_int64();
  if (!shuffle_) return;
  const std::int64_t seed = rng.random_int64();
  if (moves_) order_.draw(static_cast<std::uint64_t>(seed));
}

std::optional<Batch> Loader::next(const Compute& compute) {
  const Index first = position_;
  const Index size = std::min(batch_size_, rows() - first);
  if (size == 0) return std::nullopt;
  position_ += size;
  return contiguous_ && !moves_ ? window(first, size) : gathered(first, size, compute);
}

Batch Loader::window(Index first, Index size) {
  return {order_.part(first, size),
          data_->features.middleRows(first, size),
          window_on(data_->targets, first, size),
          part_of(data_->labels, first, size),
          std::nullopt,
          part_of(data_->weights, first, size)};
}

std::span<const Index> Loader::rows_of_batch(Index first, Index size) {
  const std::span<const Index> order = order_.part(first, size);
  if (pairs_.empty()) return order;
  for (std::size_t i = 0; i < order.size(); ++i) {
    batch_rows_[i] = pairs_[at(order[i])].query;
    batch_rows_[order.size() + i] = pairs_[at(order[i])].document;
  }
  return std::span(batch_rows_).first(2 * order.size());
}

void Loader::copy_rows(std::span<const Index> rows, const Compute& compute) {
  const Index count = std::ssize(rows);
  gather_rows(data_->features.view(), rows, features_.topRows(count), compute);
  if (targets_.size() != 0) gather_rows(data_->targets, rows, targets_.topRows(count), compute);
  for (Index i = 0; i < count; ++i) {
    const Index row = rows[at(i)];
    if (!labels_.empty()) labels_[at(i)] = data_->labels[at(row)];
    if (!weights_.empty()) weights_[at(i)] = data_->weights[at(row)];
  }
}

Batch Loader::gathered(Index first, Index size, const Compute& compute) {
  const std::span<const Index> rows = rows_of_batch(first, size);
  const Index count = std::ssize(rows);
  if (!is_gathered_) copy_rows(rows, compute);
  is_gathered_ = !moves_ && batch_size_ == this->rows();
  return {rows,
          features_.topRows(count),
          window_on(targets_, 0, count),
          part_of(labels_, 0, count),
          std::nullopt,
          part_of(weights_, 0, count)};
}

}  // namespace lora
