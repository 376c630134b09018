// Backward passes against finite differences, in double: every adapter of the table on every kind
// of frozen weight.
#include <cstdint>
#include <utility>
#include <vector>

#include "lora/nn/adapter.h"
#include "lora/nn/linear.h"
#include "support/catch.h"
#include "support/finite_differences.h"
#include "support/matrices.h"
#include "support/parameters.h"
#include "support/stored_weight.h"

using namespace lora;
using lora::test::eighths;
using lora::test::finite_differences;
using lora::test::fractions;
using lora::test::kStorages;
using lora::test::NamedParameter;
using lora::test::Parameters;
using lora::test::relative_error;
using lora::test::Storage;
using lora::test::StoredWeight;

namespace {

constexpr double kTolerance = 1e-7;

struct Shape {
  Index n;
  Index in;
  Index out;
  Index rank;
};

// Square ones show transposed factors as wrong numbers; sums over rows and unpacked weights have
// blocks of 256 rows; a rank may be above both sides.
const std::vector<Shape> kShapes = {
    {1, 1, 1, 1}, {3, 3, 3, 3}, {5, 7, 3, 2}, {4, 3, 2, 5}, {256, 2, 3, 1}, {300, 3, 2, 2},
};
const std::vector<Shape> kStoredShapes = {
    {3, 3, 3, 2}, {4, 5, 3, 2}, {2, 2, 260, 1}, {2, 260, 2, 1}};

/// A linear layer with a trained bias and, unless `kind` is null, an adapter of scale 0.7 whose
/// parameters have moved off their start.
Linear adapted_layer(FrozenMatrix weight, const AdapterKind* kind, Index rank) {
  Linear layer(std::move(weight), fractions(1, weight.out_features(), 11));
  layer.bias()->set_trainable(true);
  if (kind != nullptr) {
    Rng rng(5);
    AdapterOptions options;
    options.rank = rank;
    options.alpha = 0.7 * static_cast<double>(rank);
    layer.attach(kind->make(options, layer.in_features(), layer.out_features(), rng));
  }
  std::uint32_t seed = 20;
  for (const NamedParameter& found : test::parameters_of(layer).all) {
    Matrix& value = found.parameter->value;
    value += fractions(value.rows(), value.cols(), ++seed);
  }
  return layer;
}

/// Checks every gradient of Σ dy∘y, and that each is added to what was there.
void check_gradients(Linear& layer, Index n) {
  Matrix x = fractions(n, layer.in_features(), 1);
  const Matrix dy = fractions(n, layer.out_features(), 2);
  const Parameters parameters = test::parameters_of(layer);
  Compute compute;
  Tape tape(compute);
  Matrix y(n, layer.out_features());
  const auto output = [&] {
    tape.reset(Mode::infer);
    layer.forward(x, y, tape);
    return y.cwiseProduct(dy).sum();
  };

  Matrix dx = Matrix::Constant(n, layer.in_features(), 0.5);
  for (const NamedParameter& found : parameters.all) found.parameter->grad.setConstant(0.25);
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

void check_layer(const Storage& storage, const AdapterKind* kind, const Shape& shape) {
  INFO(storage.text() << ", adapter " << (kind == nullptr ? "none" : kind->name) << ", " << shape.n
                      << " rows, " << shape.in << " to " << shape.out << ", rank " << shape.rank);
  const StoredWeight stored(eighths(shape.out, shape.in, 3), storage);
  Linear layer = adapted_layer(stored.frozen(), kind, shape.rank);
  check_gradients(layer, shape.n);
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
  REQUIRE_FALSE(adapter_kinds().empty());
  for (const AdapterKind& kind : adapter_kinds()) {
    for (const Shape& shape : kShapes) check_layer(kStorages.front(), &kind, shape);
    for (const Storage& storage : kStorages) {
      for (const Shape& shape : kStoredShapes) check_layer(storage, &kind, shape);
    }
  }
}
