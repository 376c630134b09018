#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/training.h"

using namespace lora;
using namespace lora::test;

namespace {

struct Shape {
  std::string loss;
  Index rows;
  Index in;
  Index out;
  Index rank;
  Index batch_size;
};

/// Three epochs of training on so many threads: the parameters, then the losses.
std::vector<Real> outcome(const Shape& shape, int threads) {
  TrainingOptions options;
  options.loss = shape.loss;
  options.adapter = {shape.rank, std::nullopt, "normal"};
  options.train_bias = true;
  options.batch_size = shape.batch_size;
  options.shuffle = shape.batch_size != 0;
  options.config.epochs = 3;
  options.threads = threads;
  Rng rng(7);
  Dataset data = shape.loss == "mse" ? random_regression(shape.rows, shape.in, shape.out, rng)
                                     : random_classification(shape.rows, shape.in, shape.out, rng);
  Linear base = Linear::drawn(shape.in, shape.out, rng);
  Training training(std::move(data), std::move(base), std::move(rng), options);
  const std::vector<double> losses = losses_of_epochs(training);
  std::vector<Real> numbers = training.numbers();
  for (const double loss : losses) numbers.push_back(static_cast<Real>(loss));
  return numbers;
}

void check_same_bits(const std::vector<Shape>& shapes) {
  for (const Shape& shape : shapes) {
    const std::vector<Real> expected = outcome(shape, 1);
    for (const int threads : {2, 3, 4}) {
      INFO(shape.loss << ", " << shape.rows << " × " << shape.in << " → " << shape.out
                      << ", batches of " << shape.batch_size << ", " << threads << " threads");
      CHECK(same_bits(outcome(shape, threads), expected));
    }
  }
}

}  // namespace

TEST_CASE("training has the same bits on every number of threads", "[train][threads]") {
  check_same_bits({
      {"mse", 1000, 64, 10, 4, 0},
      {"mse", 1000, 64, 10, 4, 32},
      {"mse", 700, 300, 40, 8, 0},
      {"cross_entropy", 700, 300, 40, 8, 0},
      {"mse", 513, 1024, 257, 8, 256},
  });
}

TEST_CASE("large trainings have the same bits on every number of threads",
          "[train][threads][large]") {
  check_same_bits({
      {"mse", 4096, 1024, 1024, 8, 0},
      {"mse", 4096, 1024, 1024, 8, 256},
      {"mse", 2048, 4096, 4096, 16, 0},
      {"mse", 20000, 768, 10, 8, 256},
  });
}
