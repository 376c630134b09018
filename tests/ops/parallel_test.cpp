#include "lora/ops/parallel.h"

#include <atomic>
#include <cmath>
#include <functional>
#include <new>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/catch.h"

using namespace lora;

TEST_CASE("every block is called once, on any number of threads", "[ops][parallel]") {
  for (const int threads : {1, 2, 3, 8}) {
    Compute compute;
    compute.threads = threads;
    for (const Index count : {0, 1, 2, 7, 100}) {
      for (const double work : {1.0, 1e9}) {
        std::vector<int> calls(static_cast<std::size_t>(count), 0);
        for_each_block(compute, count, work,
                       [&](Index i) { ++calls[static_cast<std::size_t>(i)]; });
        CHECK(calls == std::vector<int>(static_cast<std::size_t>(count), 1));
      }
    }
  }
}

TEST_CASE("several threads may ask for blocks at once", "[ops][parallel]") {
  constexpr Index kCount = 50;
  constexpr int kRounds = 200;
  const auto ask = [](std::vector<int>& calls) {
    const Compute compute{4};
    for (int round = 0; round < kRounds; ++round) {
      for_each_block(compute, kCount, 1e9, [&](Index i) { ++calls[static_cast<std::size_t>(i)]; });
    }
  };
  std::vector<std::vector<int>> calls(4, std::vector<int>(kCount, 0));
  std::vector<std::thread> threads;
  for (std::vector<int>& own : calls) threads.emplace_back(ask, std::ref(own));
  for (std::thread& thread : threads) thread.join();
  CHECK(calls == std::vector<std::vector<int>>(4, std::vector<int>(kCount, kRounds)));
}

TEST_CASE("a block may ask for blocks", "[ops][parallel]") {
  const Compute compute{3};
  std::vector<int> calls(100, 0);
  for_each_block(compute, 10, 1e9, [&](Index i) {
    for_each_block(compute, 10, 1e9,
                   [&](Index j) { ++calls[static_cast<std::size_t>(10 * i + j)]; });
  });
  CHECK(calls == std::vector<int>(100, 1));
}

TEST_CASE("what a block throws comes out after the others, on any number of threads",
          "[ops][parallel]") {
  for (const int threads : {1, 2, 8}) {
    const Compute compute{threads};
    std::atomic<int> running = 0;
    std::atomic<int> begun = 0;
    const auto fail = [&](Index i) {
      ++running;
      ++begun;
      if (i == 20) {
        --running;
        throw std::bad_alloc();
      }
      std::this_thread::yield();
      --running;
    };
    for (int round = 0; round < 50; ++round) {
      begun = 0;
      CHECK_THROWS_AS(for_each_block(compute, 100'000, 1e9, fail), std::bad_alloc);
      CHECK(running == 0);
      CHECK(begun < 100'000);
    }
  }
}

TEST_CASE("blocks are called after a loop that threw, by the same threads", "[ops][parallel]") {
  const Compute compute{4};
  CHECK_THROWS_AS(for_each_block(compute, 100, 1e9, [](Index) { throw std::runtime_error("no"); }),
                  std::runtime_error);
  std::vector<int> calls(100, 0);
  for_each_block(compute, 100, 1e9, [&](Index i) { ++calls[static_cast<std::size_t>(i)]; });
  CHECK(calls == std::vector<int>(100, 1));
}

TEST_CASE("a sum over blocks is added in their order, on any number of threads",
          "[ops][parallel]") {
  const auto part = [](Index i) { return std::sin(static_cast<double>(i)) * std::pow(10, i % 17); };
  for (const Index count : {0, 1, 63, 64, 65, 300}) {
    double expected = 0;
    for (Index i = 0; i < count; ++i) expected += part(i);
    for (const int threads : {1, 2, 3, 8}) {
      INFO(count << " blocks, " << threads << " threads");
      Compute compute;
      compute.threads = threads;
      CHECK(sum_over_blocks(compute, count, 1e9, part) == expected);
    }
  }
}

TEST_CASE("rows make blocks of 256, the last one shorter", "[ops][parallel]") {
  CHECK(block_count(0) == 0);
  CHECK(block_count(1) == 1);
  CHECK(block_count(256) == 1);
  CHECK(block_count(257) == 2);
  CHECK(block_count(512) == 2);
}
