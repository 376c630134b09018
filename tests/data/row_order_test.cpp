#include "lora/data/row_order.h"

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/catch.h"

using namespace lora;

namespace {

/// All places of an epoch, asked for in pieces of `step`.
std::vector<Index> epoch(RowOrder& order, Index step) {
  std::vector<Index> rows;
  for (Index first = 0; first < order.size(); first += step) {
    const auto part = order.part(first, std::min(step, order.size() - first));
    rows.insert(rows.end(), part.begin(), part.end());
  }
  return rows;
}

/// What blocks of `block` rows make of 0 … size−1: their order first, then each block's own.
std::vector<Index> order_by_blocks(Index size, Index block, std::uint64_t seed) {
  Rng sampler(seed);
  std::vector<Index> rows;
  for (const Index b : sampler.permutation((size + block - 1) / block)) {
    for (const Index i : sampler.permutation(std::min(block, size - b * block))) {
      rows.push_back(b * block + i);
    }
  }
  return rows;
}

}  // namespace

TEST_CASE("rows keep their order until one is drawn", "[data][row_order]") {
  RowOrder all(all_rows(7));
  CHECK(all.is_contiguous());
  CHECK(epoch(all, 3) == all_rows(7));
  RowOrder some({4, 1, 9}, 2);
  CHECK_FALSE(some.is_contiguous());
  CHECK(epoch(some, 2) == std::vector<Index>{4, 1, 9});
}

TEST_CASE("an order without blocks is randperm's", "[data][row_order]") {
  RowOrder order(all_rows(23));
  order.draw(5);
  CHECK(epoch(order, 4) == Rng(5).permutation(23));
}

TEST_CASE("blocks are shuffled, then the rows within each", "[data][row_order]") {
  for (const Index size : {1, 12, 23}) {
    for (const Index block : {1, 4, 5, 23, 100}) {
      const std::vector<Index> expected = order_by_blocks(size, std::min(block, size), 9);
      for (const Index step : {1, 3, 23}) {
        INFO(size << " rows in blocks of " << block << ", " << step << " at a time");
        RowOrder order(all_rows(size), block);
        order.draw(9);
        CHECK(epoch(order, step) == expected);
        order.draw(9);
        CHECK(epoch(order, step) == expected);
      }
    }
  }
}

TEST_CASE("blocks of chosen rows are blocks of their places", "[data][row_order]") {
  const std::vector<Index> chosen = {40, 3, 17, 25, 8};
  RowOrder order(chosen, 2);
  RowOrder places(all_rows(5), 2);
  order.draw(1);
  places.draw(1);
  std::vector<Index> expected;
  for (const Index place : epoch(places, 5)) {
    expected.push_back(chosen[static_cast<std::size_t>(place)]);
  }
  CHECK(epoch(order, 2) == expected);
}

TEST_CASE("an order in blocks can be entered anywhere, but not gone back in", "[data][row_order]") {
  const std::vector<Index> expected = order_by_blocks(23, 4, 2);
  for (Index first = 0; first < 23; ++first) {
    RowOrder order(all_rows(23), 4);
    order.draw(2);
    const auto part = order.part(first, 1);
    CHECK(part.front() == expected[static_cast<std::size_t>(first)]);
  }
  RowOrder order(all_rows(23), 4);
  order.draw(2);
  order.part(20, 3);
  CHECK_THROWS_AS(order.part(0, 1), std::logic_error);
}
