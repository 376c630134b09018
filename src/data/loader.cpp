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

/// The rows of these arrays from `first` on, as many as `rows`, which are their numbers. Targets,
/// labels and weights may be empty.
Batch window_on(const View& features, const Matrix& targets, std::span<const std::int32_t> labels,
                std::span<const Real> weights, std::span<const Index> rows, Index first) {
  Batch all{{}, features, std::nullopt, labels, std::nullopt, weights};
  if (targets.size() != 0) all.targets.emplace(targets);
  Batch batch = all.part(first, std::ssize(rows));
  batch.rows = rows;
  return batch;
}

}  // namespace

Loader::Loader(const Dataset& data, std::vector<Index> rows, Index batch_size, bool shuffle,
               OrderRule rule)
    : data_(&data),
      order_(std::move(rows), shuffle ? rule.shuffle_block : 0),
      batch_size_(batch_size == 0 ? this->rows() : std::min(batch_size, this->rows())),
      shuffle_(shuffle),
      moves_(shuffle && !(rule.any_order && batch_size_ == this->rows())) {
  if (copies()) make_room(std::min(batch_size_, data.rows()));
}

Loader::Loader(const Dataset& data, std::vector<Pair> pairs, Index batch_size, bool shuffle,
               Index shuffle_block)
    : Loader(data, all_rows(std::ssize(pairs)), batch_size, shuffle,
             {.any_order = false, .shuffle_block = shuffle_block}) {
  pairs_ = std::move(pairs);
  batch_rows_.resize(at(2 * batch_size_));
  make_room(2 * batch_size_);
}

void Loader::make_room(Index rows) {
  features_.resize(rows, data_->features.cols());
  if (data_->targets.size() != 0) targets_.resize(rows, data_->targets.cols());
  if (data_->has_labels()) labels_.resize(at(rows));
  if (!data_->weights.empty()) weights_.resize(at(rows));
}

/// Whether batches are no windows on the data set.
bool Loader::copies() const {
  return moves_ || !pairs_.empty() || !order_.is_contiguous();
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
  Batch batch = copies() ? gathered(first, size, compute) : window(first, size);
  batch.first_row = data_->first;
  if (data_->elsewhere > 0) batch.places = {places_, size};
  return batch;
}

Batch Loader::window(Index first, Index size) {
  const Index begin = std::clamp<Index>(first - data_->first, 0, data_->rows());
  return window_on(data_->features.view(), data_->targets, data_->labels, data_->weights,
                   rows_here(order_.part(first, size)), begin);
}

/// Those of the rows that this process has, by their numbers here.
std::span<const Index> Loader::rows_here(std::span<const Index> rows) {
  if (data_->elsewhere == 0) return rows;
  batch_rows_.clear();
  places_.clear();
  for (Index place = 0; place < std::ssize(rows); ++place) {
    const Index here = rows[at(place)] - data_->first;
    if (here < 0 || here >= data_->rows()) continue;
    batch_rows_.push_back(here);
    places_.push_back(place);
  }
  return batch_rows_;
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
  const std::span<const Index> rows = rows_here(rows_of_batch(first, size));
  if (!is_gathered_) copy_rows(rows, compute);
  is_gathered_ = !moves_ && batch_size_ == this->rows();
  return window_on(features_, targets_, labels_, weights_, rows, 0);
}

}  // namespace lora
