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

}  // namespace

TEST_CASE("training has the same bits on every number of threads", "[train][threads]") {
  const std::vector<Shape> shapes = {
      {"mse", 1000, 64, 10, 4, 32},
      {"mse", 700, 300, 40, 8, 0},
      {"cross_entropy", 700, 300, 40, 8, 0},
      {"mse", 513, 1024, 257, 8, 256},
  };
  for (const Shape& shape : shapes) {
    const std::vector<Real> expected = outcome(shape, 1);
    for (const int threads : {2, 3, 4}) {
      INFO(shape.loss << ", " << shape.rows << " × " << shape.in << " → " << shape.out << ", "
                      << threads << " threads");
      CHECK(same_bits(outcome(shape, threads), expected));
    }
  }
}
