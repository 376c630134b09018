// What all adapters of the table have in common, in double.
#include <string>
#include <vector>

#include "lora/nn/adapter.h"
#include "lora/nn/linear.h"
#include "nn/adapter_cases.h"
#include "support/catch.h"
#include "support/matrices.h"
#include "support/parameters.h"
#include "support/stored_weight.h"

using namespace lora;
using lora::test::AdapterCase;
using lora::test::eighths;
using lora::test::fractions;
using lora::test::kStorages;
using lora::test::kStoredShapes;
using lora::test::relative_error;
using lora::test::Shape;
using lora::test::Storage;
using lora::test::StoredWeight;

namespace {

constexpr double kTolerance = 1e-12;

Linear layer_for(const StoredWeight& stored, const AdapterCase& adapter, Index rank) {
  Linear layer(stored.frozen(), fractions(1, stored.frozen().out_features(), 11));
  layer.attach(adapter.made(layer.weight(), rank));
  return layer;
}

Matrix output_of(const Linear& layer, const Matrix& x) {
  Compute compute;
  Tape tape(compute);
  tape.reset(Mode::infer);
  Matrix y = Matrix::Constant(x.rows(), layer.out_features(), 77);
  layer.forward(x, y, tape);
  return y;
}

/// Calls check(adapter, storage, shape) for every adapter on every kind of weight that it suits.
template <class Check>
void for_each_case(const Check& check) {
  for (const AdapterCase& adapter : test::adapter_cases()) {
    for (const Storage& storage : kStorages) {
      for (const Shape& shape : kStoredShapes) {
        if (!adapter.suits(shape)) continue;
        INFO(adapter.text() << ", " << storage.text() << ", " << shape.text());
        check(adapter, storage, shape);
      }
    }
  }
}

}  // namespace

TEST_CASE("what an adapter adds to a weight is what it adds to the layer's output",
          "[nn][adapter]") {
  for_each_case([](const AdapterCase& adapter, const Storage& storage, const Shape& shape) {
    const Matrix W = eighths(shape.out, shape.in, 3);
    const Matrix x = fractions(shape.n, shape.in, 1);
    const StoredWeight stored(W, storage);
    Linear layer = layer_for(stored, adapter, shape.rank);
    test::move_off_start(layer);
    Matrix adapted = W;
    for (Index first = 0; first < shape.out; first += 2) {
      const Index count = std::min<Index>(2, shape.out - first);
      adapted.middleRows(first, count) += layer.adapter()->delta(layer.weight(), first, count);
    }
    const Matrix expected = (x * adapted.transpose()).rowwise() + layer.bias()->value.row(0);
    CHECK(relative_error(output_of(layer, x), expected) < kTolerance);
  });
}

TEST_CASE("an adapter starts at the base, but for the demo's init", "[nn][adapter]") {
  for_each_case([](const AdapterCase& adapter, const Storage& storage, const Shape& shape) {
    const Matrix W = eighths(shape.out, shape.in, 3);
    const Matrix x = fractions(shape.n, shape.in, 1);
    const StoredWeight stored(W, storage);
    const Linear layer = layer_for(stored, adapter, shape.rank);
    const DoubleMatrix delta = layer.adapter()->delta(layer.weight(), 0, shape.out);
    const bool off_base = adapter.init->name == "normal" && adapter.kind->name != "dense";
    CHECK((delta.cwiseAbs().maxCoeff() > 0.01) == off_base);
    if (off_base) return;
    CHECK(delta.cwiseAbs().maxCoeff() < kTolerance);
    Matrix base = (x * W.transpose()).rowwise() + fractions(1, shape.out, 11).row(0);
    CHECK(relative_error(output_of(layer, x), base) < kTolerance);
  });
}

TEST_CASE("a converted adapter is a plain one that adds the same", "[nn][adapter]") {
  for_each_case([](const AdapterCase& adapter, const Storage& storage, const Shape& shape) {
    const StoredWeight stored(eighths(shape.out, shape.in, 3), storage);
    Linear layer = layer_for(stored, adapter, shape.rank);
    test::move_off_start(layer);
    const std::optional<LoraFactors> converted = layer.adapter()->converted();
    REQUIRE(converted.has_value() == (adapter.init->subtracted && adapter.kind->name != "dense"));
    if (!converted) return;
    CHECK(converted->A.rows() == 2 * shape.rank);
    CHECK(converted->B.cols() == 2 * shape.rank);
    if (adapter.kind->name != "lora") return;
    const DoubleMatrix product = AdapterCase::kScale * converted->B * converted->A;
    CHECK(relative_error(product, layer.adapter()->delta(layer.weight(), 0, shape.out)) <
          kTolerance);
    const auto parameters = test::parameters_of(layer);
    CHECK(converted->A.topRows(shape.rank) == parameters["layer.lora_A.weight"].value);
    CHECK(converted->B.leftCols(shape.rank) == parameters["layer.lora_B.weight"].value);
  });
}

TEST_CASE("an adapter shows the walk its parameters by PEFT's names, and nothing else",
          "[nn][adapter]") {
  struct Walk : Visitor {
    void parameter(const std::string& name, Parameter& found) override {
      names.push_back(name);
      numbers += found.value.size();
    }
    void frozen(const std::string& name, const FrozenMatrix& weight) override {
      names.push_back("frozen " + name);
      numbers += weight.size();
    }
    std::vector<std::string> names;
    Index numbers = 0;
  };
  const StoredWeight stored(eighths(10, 64, 3), kStorages.front());
  for (const AdapterCase& adapter : test::adapter_cases()) {
    INFO(adapter.text());
    Walk walk;
    layer_for(stored, adapter, 4).visit("head", walk);
    std::vector<std::string> names = {"frozen head.weight", "head.bias", "head.lora_A.weight",
                                      "head.lora_B.weight"};
    if (adapter.kind->name == "dora") names.emplace_back("head.lora_magnitude_vector");
    if (adapter.kind->name == "dense") names = {"head.bias", "head.weight"};
    CHECK(walk.names == names);
    CHECK(walk.numbers == (adapter.kind->name == "dense"  ? 650
                           : adapter.kind->name == "dora" ? 650 + 296 + 10
                                                          : 650 + 296));
  }
}
