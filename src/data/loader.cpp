#include "lora/data/loader.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
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

std::vector<Index> all_rows(Index rows) {
  std::vector<Index> numbers(at(rows));
  std::iota(numbers.begin(), numbers.end(), Index{0});
  return numbers;
}

Loader::Loader(const Dataset& data, std::vector<Index> rows, Index batch_size, bool shuffle)
    : data_(&data),
      rows_(std::move(rows)),
      batch_size_(batch_size == 0 ? this->rows() : std::min(batch_size, this->rows())),
      shuffle_(shuffle),
      contiguous_(rows_ == all_rows(this->rows())),
      order_(rows_) {
  if (contiguous_ && !shuffle_) return;
  features_.resize(batch_size_, data.features.cols());
  if (data.targets.size() != 0) targets_.resize(batch_size_, data.targets.cols());
  if (data.has_labels()) labels_.resize(at(batch_size_));
  if (!data.weights.empty()) weights_.resize(at(batch_size_));
}

void Loader::start_epoch(Rng& rng) {
  position_ = 0;
  if (!shuffle_ && batch_size_ == rows()) return;
  rng.random_int64();
  if (!shuffle_) return;
  Rng sampler(static_cast<std::uint64_t>(rng.random_int64()));
  const std::vector<Index> permutation = sampler.permutation(rows());
  for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = rows_[at(permutation[i])];
}

std::optional<Batch> Loader::next(const Compute& compute) {
  const Index first = position_;
  const Index size = std::min(batch_size_, rows() - first);
  if (size == 0) return std::nullopt;
  position_ += size;
  return contiguous_ && !shuffle_ ? window(first, size) : gathered(first, size, compute);
}

Batch Loader::window(Index first, Index size) const {
  return {part_of(order_, first, size),
          data_->features.middleRows(first, size),
          window_on(data_->targets, first, size),
          part_of(data_->labels, first, size),
          std::nullopt,
          part_of(data_->weights, first, size)};
}

Batch Loader::gathered(Index first, Index size, const Compute& compute) {
  const std::span<const Index> rows = std::span(order_).subspan(at(first), at(size));
  gather_rows(data_->features, rows, features_.topRows(size), compute);
  if (targets_.size() != 0) gather_rows(data_->targets, rows, targets_.topRows(size), compute);
  for (Index i = 0; i < size; ++i) {
    const Index row = rows[at(i)];
    if (!labels_.empty()) labels_[at(i)] = data_->labels[at(row)];
    if (!weights_.empty()) weights_[at(i)] = data_->weights[at(row)];
  }
  return {rows,
          features_.topRows(size),
          window_on(targets_, 0, size),
          part_of(labels_, 0, size),
          std::nullopt,
          part_of(weights_, 0, size)};
}

}  // namespace lora
