#include "lora/train/gram_objective.h"

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lora/nn/lora_adapter.h"
#include "support/catch.h"
#include "support/matrices.h"
#include "support/training.h"

using namespace lora;
using namespace lora::test;

namespace {

constexpr double kScale = 0.75;

/// A head with plain factors, rows for it, and sums of these.
struct Problem {
  /// Targets are what the adapted layer gives, and `noise` times numbers in [−1, 1).
  Problem(Index row_count, Index in, Index out, double noise, int threads)
      : compute{threads}, head("linear", layer(in, out)) {
    data.features = fractions(row_count, in, 4);
    rows = all_rows(row_count);
    rows.erase(rows.begin() + row_count / 3);
    const DoubleMatrix D = kScale * B().cast<double>() * A().cast<double>();
    const DoubleMatrix x = data.features.view().cast<double>();
    const DoubleMatrix y =
        (x * (W().cast<double>() + D).transpose()).rowwise() + bias().row(0).cast<double>();
    data.targets = (y + noise * fractions(row_count, out, 5).cast<double>()).cast<Real>();
    sums = std::make_unique<GramSums>(head.linear(), data, rows, compute, alone);
  }

  static Linear layer(Index in, Index out) {
    Linear linear(FrozenMatrix(fractions(out, in, 7)), fractions(1, out, 8));
    linear.attach(std::make_unique<LoraAdapter>(fractions(3, in, 1), fractions(out, 3, 2), kScale));
    return linear;
  }
  LowRank& factors() { return *head.linear().adapter()->only_factors(); }
  const Matrix& A() { return factors().A().value; }
  const Matrix& B() { return factors().B().value; }
  Matrix W() { return fractions(head.out_features(), head.in_features(), 7); }
  const Matrix& bias() { return head.linear().bias()->value; }

  /// What the frozen layer leaves to explain of the chosen rows.
  DoubleMatrix T() {
    const DoubleMatrix base =
        (data.features.view().cast<double>() * W().cast<double>().transpose()).rowwise() +
        bias().row(0).cast<double>();
    return chosen(data.targets.cast<double>() - base);
  }
  DoubleMatrix X() { return chosen(data.features.view().cast<double>()); }
  DoubleMatrix chosen(const DoubleMatrix& all) const {
    DoubleMatrix some(static_cast<Index>(rows.size()), all.cols());
    for (std::size_t i = 0; i < rows.size(); ++i)
      some.row(static_cast<Index>(i)) = all.row(rows[i]);
    return some;
  }

  LossSum evaluate() {
    ModelObjective unused(head, *loss);
    GramObjective objective(factors(), *sums, static_cast<Index>(rows.size()), unused, compute);
    Tape tape(compute);
    tape.reset(Mode::train);
    factors().A().grad.setZero();
    factors().B().grad.setZero();
    return objective.evaluate({{}, data.features.view(), {}, {}, {}}, tape, {});
  }

  Compute compute;
  LinearHead head;
  Dataset data;
  std::vector<Index> rows;
  SingleProcess alone;
  std::unique_ptr<GramSums> sums;
  std::unique_ptr<Loss> loss = find_entry(loss_kinds(), "loss", "mse").make({});
};

void check_same_bits(Index rows, Index in, Index out) {
  Problem one(rows, in, out, 1, 1);
  const LossSum loss = one.evaluate();
  CHECK(one.sums->XtX == one.sums->XtX.transpose());
  for (const int threads : {2, 3, 4}) {
    INFO(rows << " × " << in << " → " << out << ", " << threads << " threads");
    Problem several(rows, in, out, 1, threads);
    CHECK(one.sums->XtX == several.sums->XtX);
    CHECK(one.sums->XtT == several.sums->XtT);
    CHECK(one.sums->TtT == several.sums->TtT);
    CHECK(loss.sum == several.evaluate().sum);
    CHECK(same_bits(one.factors().A().grad, several.factors().A().grad));
    CHECK(same_bits(one.factors().B().grad, several.factors().B().grad));
  }
}

}  // namespace

TEST_CASE("the loss by sums is that of the rows in double, however small it is",
          "[train][gram_objective]") {
  for (const double noise : {1.0, 1e-2, 1e-4}) {
    for (const Index in : {5, 64, 300}) {
      INFO(in << " features, noise " << noise);
      Problem problem(700, in, 33, noise, 2);
      const LossSum loss = problem.evaluate();
      const DoubleMatrix D = kScale * problem.B().cast<double>() * problem.A().cast<double>();
      const DoubleMatrix error = problem.X() * D.transpose() - problem.T();
      const double wanted = error.squaredNorm() / static_cast<double>(error.size());
      CHECK(loss.weight == static_cast<double>(error.size()));
      const double allowed =
          1e-6 * wanted + 1e-12 * problem.T().squaredNorm() / static_cast<double>(error.size());
      CHECK(std::abs(loss.mean() - wanted) < allowed);
    }
  }
}

TEST_CASE("the gradient by sums is that of the rows", "[train][gram_objective]") {
  for (const Index in : {5, 300}) {
    Problem problem(700, in, 270, 1, 2);
    problem.evaluate();
    const DoubleMatrix A = problem.A().cast<double>();
    const DoubleMatrix B = problem.B().cast<double>();
    const DoubleMatrix D = kScale * B * A;
    const DoubleMatrix dy = 2 * (problem.X() * D.transpose() - problem.T());
    const DoubleMatrix dD = dy.transpose() * problem.X();
    CHECK(relative_error(problem.factors().A().grad, (kScale * B.transpose() * dD).cast<Real>()) <
          1e-6);
    CHECK(relative_error(problem.factors().B().grad, (kScale * dD * A.transpose()).cast<Real>()) <
          1e-6);
  }
}

TEST_CASE("sums have the same bits on any number of threads", "[train][gram_objective]") {
  check_same_bits(900, 600, 520);
  check_same_bits(1000, 64, 10);
}

TEST_CASE("large sums have the same bits on any number of threads",
          "[train][gram_objective][large]") {
  check_same_bits(4096, 1024, 1024);
}

TEST_CASE("sums pay after enough epochs, unless they are very large", "[train][gram_objective]") {
  CHECK_FALSE(GramObjective::pays(4096, 1024, 1024, 8, 10));
  CHECK(GramObjective::pays(4096, 1024, 1024, 8, 1000));
  CHECK(GramObjective::pays(1000, 64, 10, 4, 1000));
  CHECK_FALSE(GramObjective::pays(10, 64, 10, 4, 1000000));
  CHECK_FALSE(GramObjective::pays(1000000, 8192, 8192, 8, 1000000));
}

TEST_CASE("only plain factors are all of what an adapter does", "[nn][lora_adapter]") {
  Rng rng(1);
  const FrozenMatrix W(fractions(4, 6, 1));
  const auto only = [&](const char* kind, const char* init, double dropout) {
    AdapterOptions options;
    options.rank = 2;
    options.init = init;
    options.dropout = dropout;
    return find_entry(adapter_kinds(), "adapter", kind).make(options, W, rng)->only_factors() !=
           nullptr;
  };
  CHECK(only("lora", "kaiming", 0));
  CHECK_FALSE(only("lora", "kaiming", 0.1));
  CHECK_FALSE(only("lora", "pissa", 0));
  CHECK_FALSE(only("dora", "kaiming", 0));
  CHECK_FALSE(only("dense", "kaiming", 0));
}
