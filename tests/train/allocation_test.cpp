// A program of its own: it stands in for glibc's allocation functions and counts their calls, on
// whatever thread and by whatever library.
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <malloc.h>
#include <string>
#include <utility>
#include <vector>

#include "lora/train/gram_objective.h"
#include "support/catch.h"
#include "support/training.h"

namespace {

std::atomic<long> allocations = 0;

}  // namespace

extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) noexcept {
  ++allocations;
  return __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) noexcept {
  ++allocations;
  return __libc_calloc(count, size);
}

void* realloc(void* memory, std::size_t size) noexcept {
  ++allocations;
  return __libc_realloc(memory, size);
}

void* memalign(std::size_t alignment, std::size_t size) noexcept {
  ++allocations;
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  ++allocations;
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
  ++allocations;
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}

}  // extern "C"

using namespace lora;
using namespace lora::test;

namespace {

/// The calls of allocation functions that `action` makes.
template <class Action>
long allocations_in(const Action& action) {
  const long before = allocations;
  action();
  return allocations - before;
}

struct Shape {
  std::string loss;
  Index rows;
  Index in;
  Index out;
  Index rank;
  Index batch_size;
  int threads;
  std::string method = "lora";
  std::string init = "kaiming";
  double dropout = 0;
};

/// The allocations of each step, over four epochs.
std::vector<long> allocations_of_steps(const Shape& shape) {
  TrainingOptions options;
  options.loss = shape.loss;
  options.method = shape.method;
  options.adapter.rank = shape.rank;
  options.adapter.init = shape.init;
  options.adapter.dropout = shape.dropout;
  options.train_bias = true;
  options.batch_size = shape.batch_size;
  options.shuffle = shape.batch_size != 0;
  options.threads = shape.threads;
  const Task task = find_entry(loss_kinds(), "loss", shape.loss).task;
  if (task == Task::retrieval) options.pairs = halves_as_pairs(shape.rows);
  Rng rng(8);
  Dataset data = random_rows(task, shape.rows, shape.in, shape.out, rng);
  Linear base = Linear::drawn(shape.in, shape.out, rng);
  Training training(std::move(data), std::move(base), std::move(rng), options);

  std::vector<long> counts;
  Trainer trainer = training.trainer();
  for (int epoch = 0; epoch < 4; ++epoch) {
    trainer.start_epoch();
    for (Index step = 0; step < training.loader.batches(); ++step) {
      counts.push_back(allocations_in([&] { trainer.step(); }));
    }
    CHECK(allocations_in([&] { trainer.step(); }) == 0);  // the end of the epoch
  }
  return counts;
}

}  // namespace

TEST_CASE("the counter counts every way to allocate", "[train][allocation]") {
  const std::vector<void* (*)()> ways = {
      [] { return std::malloc(64); },
      [] { return std::calloc(2, 32); },
      [] { return std::realloc(nullptr, 64); },
      [] { return memalign(64, 64); },
      [] { return std::aligned_alloc(64, 64); },
      [] {
        void* memory = nullptr;
        return posix_memalign(&memory, 64, 64) == 0 ? memory : nullptr;
      },
  };
  for (std::size_t way = 0; way < ways.size(); ++way) {
    INFO("way " << way);
    void* volatile memory = nullptr;
    CHECK(allocations_in([&] { memory = ways[way](); }) == 1);
    CHECK(memory != nullptr);
    std::free(memory);
  }
  Matrix matrix;
  CHECK(allocations_in([&] { matrix.resize(100, 100); }) == 1);
  std::vector<Index> rows;
  CHECK(allocations_in([&] { rows = all_rows(100); }) == 1);
  CHECK(allocations_in([&] { matrix.setZero(); }) == 0);
}

TEST_CASE("a step by sums over the rows allocates nothing", "[train][allocation]") {
  for (const int threads : {1, 2}) {
    TrainingOptions options;
    options.adapter.rank = 8;
    options.threads = threads;
    Rng rng(3);
    Dataset data = random_regression(300, 400, 200, rng);
    Linear base = Linear::drawn(400, 200, rng);
    Training training(std::move(data), std::move(base), std::move(rng), options);
    Linear& layer = training.model.linear();
    SingleProcess alone;
    const GramSums sums(layer, training.data, all_rows(300), training.compute, alone);
    GramObjective objective(*layer.adapter()->only_factors(), sums, 300, training.objective,
                            training.compute);
    Tape tape(training.compute);
    tape.reset(Mode::train);
    const Batch batch{{}, training.data.features.view(), {}, {}, {}};
    objective.evaluate(batch, tape, {});
    CHECK(allocations_in([&] { objective.evaluate(batch, tape, {}); }) == 0);
  }
}

TEST_CASE("a training step after the second allocates nothing", "[train][allocation]") {
  const std::vector<Shape> shapes = {
      {"mse", 1000, 64, 10, 4, 0, 1},  // the demo
      {"mse", 1000, 64, 10, 4, 0, 2},
      {"mse", 1000, 64, 10, 4, 300, 1},  // a last batch of 100 rows
      {"cross_entropy", 1000, 64, 10, 4, 0, 1},
      {"cross_entropy", 1437, 64, 10, 4, 32, 1},  // the digits, a last batch of 29 rows
      {"cross_entropy", 1437, 64, 10, 4, 32, 2},
      {"l1", 1000, 64, 10, 4, 300, 2},
      {"huber", 1000, 64, 10, 4, 300, 2},
      {"cosine", 1000, 64, 10, 4, 300, 2},
      {"bce", 1000, 64, 10, 4, 300, 2},
      {"contrastive", 1000, 64, 10, 4, 32, 1},  // a last batch of 20 pairs
      {"contrastive", 2000, 64, 10, 4, 0, 1},   // four blocks of queries
      {"contrastive", 2000, 64, 10, 4, 700, 2},
      {"mse", 50, 1, 1, 1, 8, 1},
      {"mse", 2000, 1024, 64, 16, 256, 1},
      {"mse", 2000, 1024, 64, 16, 256, 2},
      {"cross_entropy", 2000, 1024, 64, 16, 256, 1},
      {"cross_entropy", 2000, 1024, 64, 16, 256, 2},
      {"mse", 1000, 64, 10, 4, 300, 2, "lora", "pissa", 0.2},
      {"mse", 1000, 64, 10, 4, 300, 2, "dora"},
      {"mse", 2000, 1024, 300, 16, 256, 2, "dora"},
      {"mse", 1000, 64, 10, 4, 300, 2, "dora", "olora", 0.2},
      {"mse", 1000, 64, 10, 4, 300, 2, "dense"},
  };
  for (const Shape& shape : shapes) {
    INFO(shape.method << ", " << shape.init << ", dropout " << shape.dropout << ", " << shape.loss
                      << ", " << shape.rows << " × " << shape.in << " → " << shape.out << ", rank "
                      << shape.rank << ", batches of " << shape.batch_size << ", " << shape.threads
                      << " threads");
    const std::vector<long> counts = allocations_of_steps(shape);
    CHECK(counts.front() > 0);
    CHECK(std::vector<long>(counts.begin() + 2, counts.end()) ==
          std::vector<long>(counts.size() - 2, 0));
  }
}
