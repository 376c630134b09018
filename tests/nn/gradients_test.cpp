// Backward passes against finite differences, in double: every adapter of the table with every
// initialisation on every kind of frozen weight. DoRA's, which leave something out on purpose, are
// in dora_gradients_test.cpp.
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lora/nn/adapter.h"
#include "lora/nn/linear.h"
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
using lora::test::NamedParameter;
using lora::test::Parameters;
using lora::test::relative_error;
using lora::test::Shape;
using lora::test::Storage;
using lora::test::StoredWeight;

namespace {

constexpr double kTolerance = 1e-7;

/// A linear layer with a trained bias and, unless `adapter` is null, an adapter. All parameters
/// have moved off their start.
Linear adapted_layer(FrozenMatrix weight, const AdapterCase* adapter, Index rank) {
  Linear layer(std::move(weight), fractions(1, weight.out_features(), 11));
  layer.bias()->set_trainable(true);
  if (adapter != nullptr) layer.attach(adapter->made(layer.weight(), rank));
  test::move_off_start(layer);
  return layer;
}

/// Checks every gradient of Σ dy∘y, and that each is added to what was there.
void check_gradients(Linear& layer, Index n, bool drops) {
  Matrix x = fractions(n, layer.in_features(), 1);
  const Matrix dy = fractions(n, layer.out_features(), 2);
  const Parameters parameters = test::parameters_of(layer);
  Compute compute;
  Rng rng(1);
  Tape tape(compute, &rng);
  Matrix y(n, layer.out_features());
  const auto output = [&] {
    rng = Rng(9);  // the same numbers are dropped each time
    tape.reset(drops ? Mode::train : Mode::infer);
    layer.forward(x, y, tape);
    return y.cwiseProduct(dy).sum();
  };

  Matrix dx = Matrix::Constant(n, layer.in_features(), 0.5);
  for (const NamedParameter& found : parameters.all) found.parameter->grad.setConstant(0.25);
  rng = Rng(9);
  tape.reset(Mode::train);
  layer.forward(x, y, tape);
  MutableView dx_view(dx);
  layer.backward(dy, &dx_view, tape);

  CHECK(tape.frames() == 0);
  CHECK(relative_error(dx.array() - 0.5, finite_differences(x, output)) < kTolerance);
  for (const NamedParameter& found : parameters.all) {
    INFO(found.name);
    Parameter& parameter = *found.parameter;
    REQUIRE(parameter.trainable());
    CHECK(relative_error(parameter.grad.array() - 0.25,
                         finite_differences(parameter.value, output)) < kTolerance);
  }
}

void check_layer(const Storage& storage, const AdapterCase* adapter, const Shape& shape) {
  INFO(storage.text() << ", adapter " << (adapter == nullptr ? "none" : adapter->text()) << ", "
                      << shape.text());
  const StoredWeight stored(eighths(shape.out, shape.in, 3), storage);
  Linear layer = adapted_layer(stored.frozen(), adapter, shape.rank);
  check_gradients(layer, shape.n, adapter != nullptr && adapter->dropout > 0);
}

}  // namespace

TEST_CASE("gradients of a linear layer without adapter are its finite differences",
          "[nn][linear]") {
  for (const Shape& shape : kShapes) check_layer(kStorages.front(), nullptr, shape);
  for (const Storage& storage : kStorages) {
    for (const Shape& shape : kStoredShapes) check_layer(storage, nullptr, shape);
  }
}

TEST_CASE("gradients of a linear layer with each adapter are its finite differences",
          "[nn][adapter]") {
  REQUIRE(adapter_kinds().size() >= 3);
  for (const AdapterCase& adapter : test::adapter_cases()) {
    if (adapter.kind->name == "dora") continue;
    for (const Shape& shape : kShapes) {
      if (adapter.suits(shape)) check_layer(kStorages.front(), &adapter, shape);
    }
    for (const Storage& storage : kStorages) {
      for (const Shape& shape : kStoredShapes) {
        if (adapter.suits(shape)) check_layer(storage, &adapter, shape);
      }
    }
  }
}
