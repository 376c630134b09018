#include "lora/data/row_order.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace lora {

namespace {

std::size_t at(Index index) {
  return static_cast<std::size_t>(index);
}

bool counts_from_0(const std::vector<Index>& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] != static_cast<Index>(i)) return false;
  }
  return true;
}

}  // namespace

std::vector<Index> all_rows(Index rows, Index first) {
  std::vector<Index> numbers(at(rows));
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

RowOrder::RowOrder(std::vector<Index> rows, Index block_rows)
    : size_(std::ssize(rows)), block_rows_(std::min(block_rows, size_)) {
  if (!counts_from_0(rows)) rows_ = std::move(rows);
}

void RowOrder::draw(std::uint64_t seed) {
  Rng sampler(seed);
  if (block_rows_ == 0) {
    permutation_ = sampler.permutation(size_);
    for (Index& place : permutation_) place = row(place);
    return;
  }
  permutation_ = sampler.permutation((size_ - 1) / block_rows_ + 1);
  sampler_ = sampler;
  blocks_begun_ = 0;
  block_begin_ = 0;
  block_.clear();
}

std::span<const Index> RowOrder::part(Index first, Index count) {
  if (block_rows_ == 0 && !permutation_.empty()) {
    return std::span(permutation_).subspan(at(first), at(count));
  }
  if (permutation_.empty() && !is_contiguous()) {
    return std::span(rows_).subspan(at(first), at(count));
  }
  part_.clear();
  if (permutation_.empty()) {
    append_own_order(first, count);
  } else {
    append_from_blocks(first, count);
  }
  return part_;
}

Index RowOrder::row(Index number) const {
  return is_contiguous() ? number : rows_[at(number)];
}

void RowOrder::append_own_order(Index first, Index count) {
  part_.resize(at(count));
  std::iota(part_.begin(), part_.end(), first);
}

void RowOrder::append_from_blocks(Index first, Index count) {
  if (first < block_begin_) throw std::logic_error("RowOrder::part: these rows have been passed");
  for (const Index end = first + count; first < end;) {
    const Index block_end = block_begin_ + std::ssize(block_);
    for (; first < std::min(end, block_end); ++first) {
      part_.push_back(block_[at(first - block_begin_)]);
    }
    if (first < end) next_block();
  }
}

void RowOrder::next_block() {
  block_begin_ += std::ssize(block_);
  const Index start = permutation_[blocks_begun_++] * block_rows_;
  block_ = sampler_->permutation(std::min(block_rows_, size_ - start));
  for (Index& place : block_) place = row(start + place);
}

}  // namespace lora
