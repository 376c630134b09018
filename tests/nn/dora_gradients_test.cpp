// DoRA's backward pass against finite differences of its formula, in double: there the lengths of
// the rows are constants.
#include <utility>
#include <vector>

#include "lora/nn/dora_adapter.h"
#include "lora/nn/linear.h"
#include "lora/ops/dropout.h"
#include "nn/adapter_cases.h"
#include "support/catch.h"
#include "support/finite_differences.h"
#include "support/matrices.h"
#include "support/parameters.h"
#include "support/stored_weight.h"

using namespace lora;
using lora::test::AdapterCase;
using lora::test::eighths;
using lora::test::finite_differences;
using lora::test::fractions;
using lora::test::kShapes;
using lora::test::kStorages;
using lora::test::kStoredShapes;
using lora::test::relative_error;
using lora::test::Shape;
using lora::test::Storage;
using lora::test::StoredWeight;

namespace {

constexpr double kTolerance = 1e-7;
constexpr unsigned kSeed = 9;

/// PEFT's formula, written down with whole matrices.
struct Formula {
  Matrix base;  ///< the weight, without what an initialisation took out of it
  Matrix noise;
  Matrix x, A, B, m, b;
  Matrix lengths;  ///< (1, out)

  Matrix low_rank() const { return AdapterCase::kScale * B * A; }
  void measure() { lengths = (base + low_rank()).rowwise().norm().transpose(); }

  Matrix output() const {
    const Matrix dropped = x.cwiseProduct(noise);
    const Matrix c = m.cwiseQuotient(lengths);
    Matrix y = x * base.transpose();
    const Matrix of_base = dropped * base.transpose();
    const Matrix of_low_rank = dropped * low_rank().transpose();
    for (Index i = 0; i < y.rows(); ++i) {
      y.row(i) += b.row(0) + (c.row(0).array() - 1).matrix().cwiseProduct(of_base.row(i)) +
                  c.row(0).cwiseProduct(of_low_rank.row(i));
    }
    return y;
  }
};

Formula formula_of(Linear& layer, const AdapterCase& adapter, const Shape& shape, const Matrix& W,
                   const Matrix& x) {
  const auto parameters = test::parameters_of(layer);
  Formula formula{W,
                  Matrix::Ones(shape.n, shape.in),
                  x,
                  parameters["layer.lora_A.weight"].value,
                  parameters["layer.lora_B.weight"].value,
                  parameters["layer.lora_magnitude_vector"].value,
                  layer.bias()->value,
                  {}};
  if (adapter.init->subtracted) {
    Rng rng(5);
    const LoraFactors start =
        adapter.init->draw({layer.weight(), shape.rank, AdapterCase::kScale, rng});
    formula.base -= AdapterCase::kScale * start.B * start.A;
  }
  Rng rng(kSeed);
  Matrix dropped(shape.n, shape.in);
  if (adapter.dropout > 0) dropout(x, adapter.dropout, rng, formula.noise, dropped);
  formula.measure();
  return formula;
}

void check_gradients(const AdapterCase& adapter, const Storage& storage, const Shape& shape) {
  INFO(adapter.text() << ", " << storage.text() << ", " << shape.text());
  const Matrix W = eighths(shape.out, shape.in, 3);
  const Matrix x = fractions(shape.n, shape.in, 1);
  const Matrix dy = fractions(shape.n, shape.out, 2);
  const StoredWeight stored(W, storage);
  Linear layer(stored.frozen(), fractions(1, shape.out, 11));
  layer.attach(adapter.made(layer.weight(), shape.rank));
  test::move_off_start(layer);
  Formula formula = formula_of(layer, adapter, shape, W, x);

  Compute compute;
  Rng rng(kSeed);
  Tape tape(compute, &rng);
  tape.reset(Mode::train);
  Matrix y(shape.n, shape.out);
  layer.forward(x, y, tape);
  CHECK(relative_error(y, formula.output()) < 1e-12);

  const auto parameters = test::parameters_of(layer);
  Matrix dx = Matrix::Constant(shape.n, shape.in, 0.5);
  MutableView dx_view(dx);
  parameters["layer.lora_magnitude_vector"].grad.setConstant(0.25);
  layer.backward(dy, &dx_view, tape);
  CHECK(tape.frames() == 0);
  const auto sum = [&] { return formula.output().cwiseProduct(dy).sum(); };
  CHECK(relative_error(dx.array() - 0.5, finite_differences(formula.x, sum)) < kTolerance);
  CHECK(relative_error(parameters["layer.lora_A.weight"].grad, finite_differences(formula.A, sum)) <
        kTolerance);
  CHECK(relative_error(parameters["layer.lora_B.weight"].grad, finite_differences(formula.B, sum)) <
        kTolerance);
  CHECK(relative_error(parameters["layer.lora_magnitude_vector"].grad.array() - 0.25,
                       finite_differences(formula.m, sum)) < kTolerance);

  const Matrix dA = parameters["layer.lora_A.weight"].grad;
  parameters["layer.lora_A.weight"].grad.setZero();
  rng = Rng(kSeed);
  tape.reset(Mode::train);
  layer.forward(x, y, tape);
  layer.backward(dy, nullptr, tape);
  CHECK(tape.frames() == 0);
  CHECK(parameters["layer.lora_A.weight"].grad == dA);
}

}  // namespace

TEST_CASE("gradients of DoRA are its formula's finite differences at constant lengths",
          "[nn][adapter]") {
  int cases = 0;
  for (const AdapterCase& adapter : test::adapter_cases()) {
    if (adapter.kind->name != "dora") continue;
    for (const Shape& shape : kShapes) {
      if (adapter.suits(shape)) check_gradients(adapter, kStorages.front(), shape);
    }
    for (const Storage& storage : kStorages) {
      for (const Shape& shape : kStoredShapes) {
        if (adapter.suits(shape)) check_gradients(adapter, storage, shape);
      }
    }
    ++cases;
  }
  CHECK(cases >= 12);
}
