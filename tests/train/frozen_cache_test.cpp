#include "lora/train/frozen_cache.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/training.h"

using namespace lora;
using namespace lora::test;

namespace {

/// Hides from an objective what a cache has filled in.
class WithoutCache : public Objective {
 public:
  explicit WithoutCache(Objective& objective) : objective_(&objective) {}

  LossSum evaluate(const Batch& batch, Tape& tape, Metrics metrics) override {
    return objective_->evaluate(bare(batch), tape, metrics);
  }
  Index first_bad_row(const Batch& batch, Tape& tape) override {
    return objective_->first_bad_row(bare(batch), tape);
  }

 private:
  static Batch bare(const Batch& batch) {
    return {batch.rows, batch.x, batch.targets, batch.labels, std::nullopt};
  }

  Objective* objective_;
};

Training make_training(Index rows, Index in, Index out, TrainingOptions options) {
  Rng rng(6);
  Dataset data = options.loss == "mse" ? random_regression(rows, in, out, rng)
                                       : random_classification(rows, in, out, rng);
  Linear base = Linear::drawn(in, out, rng);
  return {std::move(data), std::move(base), std::move(rng), std::move(options)};
}

/// The base's products, computed as the cache says it does: in blocks of rows of the data set.
Matrix products_by_blocks(Training& training) {
  const ViewMap x = training.data.features.view();
  Matrix products(x.rows(), training.model.out_features());
  Tape tape(training.compute);
  for (Index row = 0; row < x.rows(); row += kBlockRows) {
    const Index rows = std::min(kBlockRows, x.rows() - row);
    tape.reset(Mode::infer);
    training.model.linear().base_product(x.middleRows(row, rows), products.middleRows(row, rows),
                                         tape);
  }
  return products;
}

}  // namespace

TEST_CASE("kept products have the bits of blocks of the data set", "[train][frozen_cache]") {
  struct Row {
    Index rows;
    Index in;
    Index out;
  };
  // The last is large enough for another library to multiply.
  const std::vector<Row> rows = {
      {1, 3, 2}, {255, 33, 17}, {256, 33, 17}, {700, 33, 17}, {600, 300, 120}};
  for (const Row& row : rows) {
    INFO(row.rows << " × " << row.in << " → " << row.out);
    Training training = make_training(row.rows, row.in, row.out, {});
    const Matrix products = products_by_blocks(training);
    for (const Index batch_size : {0, 32, 300}) {
      for (const bool shuffle : {false, true}) {
        INFO("batches of " << batch_size << ", shuffled: " << shuffle);
        Loader loader(training.data, all_rows(row.rows), batch_size, shuffle);
        Rng rng(1);
        loader.start_epoch(rng);
        bool same = true;
        while (std::optional<Batch> batch = loader.next()) {
          training.cache.fill(*batch);
          REQUIRE(batch->below.has_value());
          REQUIRE(batch->below->product.rows() == batch->size());
          same = same && same_bits(batch->below->input, batch->x);
          for (Index i = 0; i < batch->size(); ++i) {
            same = same && same_bits(batch->below->product.row(i),
                                     products.row(batch->rows[static_cast<std::size_t>(i)]));
          }
        }
        CHECK(same);
      }
    }
  }
}

TEST_CASE("kept products of rows in their order are not copied", "[train][frozen_cache]") {
  Training training = make_training(20, 4, 3, {});
  Loader loader(training.data, all_rows(20), 8, false);
  std::optional<Batch> first = loader.next();
  training.cache.fill(*first);
  const Real* start = first->below->product.data();
  std::optional<Batch> second = loader.next();
  training.cache.fill(*second);
  CHECK(second->below->product.data() == start + 8 * 3);
}

TEST_CASE("training with kept products goes as without", "[train][frozen_cache]") {
  for (const std::string loss : {"mse", "cross_entropy"}) {
    for (const Index batch_size : {0, 32}) {
      INFO(loss << ", batches of " << batch_size);
      TrainingOptions options;
      options.loss = loss;
      options.batch_size = batch_size;
      options.shuffle = batch_size != 0;
      options.train_bias = true;
      options.config.epochs = 4;
      Training with = make_training(300, 40, 7, options);
      const std::vector<double> losses = losses_of_epochs(with);

      Training without = make_training(300, 40, 7, options);
      WithoutCache objective(without.objective);
      const TrainParts parts = without.parts();
      RememberingObserver observer;
      run(without,
          TrainParts{objective,
                     parts.optimizer,
                     parts.trainable,
                     parts.train,
                     {},
                     {},
                     parts.rng,
                     parts.compute,
                     parts.group,
                     {},
                     {}},
          observer);
      REQUIRE(observer.epochs.size() == losses.size());
      for (std::size_t i = 0; i < losses.size(); ++i) {
        CHECK(losses[i] == Approx(observer.epochs[i].loss).epsilon(1e-6));
      }
    }
  }
}

TEST_CASE("a step with kept products computes none of the base's", "[train][frozen_cache]") {
  Training training = make_training(50, 12, 7, {});
  Trainer trainer = training.trainer();
  trainer.start_epoch();
  training.compute = {};
  trainer.step();
  // h, its product with B, dB, dh, dA: each of them rows · rank · one of the two sides.
  CHECK(training.compute.products == 5);
  CHECK(training.compute.multiplications == 50.0 * 4 * (2 * 12 + 3 * 7));
}

TEST_CASE("products that would take more than a gibibyte are not kept", "[train][frozen_cache]") {
  // Nothing but the sizes is looked at.
  class Wide : public LinearHead {
   public:
    Wide() : LinearHead("wide", Linear(FrozenMatrix(Matrix::Zero(1, 1)))) {}
    BelowFeatures below_features() const override { return {0, (Index{1} << 27) + 1}; }
  };
  Dataset data;
  data.features.own().setZero(2, 1);
  Compute compute;
  FrozenCache cache(Wide(), data, compute);
  CHECK(compute.products == 0);
  Loader loader(data, all_rows(2), 0, false);
  std::optional<Batch> batch = loader.next();
  cache.fill(*batch);
  CHECK_FALSE(batch->below.has_value());
}
